#include "host/net/udp_socket.hpp"

#include <boost/asio/error.hpp>

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>
#include <algorithm>
#include <cerrno>
#include <utility>

namespace moonwire::net {

namespace {

namespace ip = boost::asio::ip;

// Copying more than this costs more than the system call that collecting saves.
constexpr std::size_t collect_at_most = 4096;

constexpr auto closed_here = boost::asio::error::bad_descriptor;

// Errors that nobody asks for must not pile up.
constexpr std::size_t most_errors = 64;

bool would_block(const error_code& error)
{
    return error == boost::asio::error::would_block || error == boost::asio::error::try_again;
}

error_code last_error()
{
    return {errno, boost::system::system_category()};
}

std::optional<PeerError> take_first(std::deque<PeerError>& errors)
{
    if (errors.empty()) {
        return std::nullopt;
    }
    const PeerError error = errors.front();
    errors.pop_front();
    return error;
}

std::optional<PeerError> take_of_peer(std::deque<PeerError>& errors, const UdpEndpoint& peer)
{
    const auto found =
        std::find_if(errors.begin(), errors.end(), [&](const PeerError& error) { return error.peer == peer; });
    if (found == errors.end()) {
        return std::nullopt;
    }
    const PeerError error = *found;
    errors.erase(found);
    return error;
}

}  // namespace

UdpSocket::UdpSocket(loop::Loop& loop, const UdpOptions& options, observe::ObjectId object)
    : loop_(loop),
      object_(object != 0 ? object : loop.new_object()),
      options_(options),
      batch_(loop.shared_space(), options.max_size, options.timestamps),
      receive_timer_(loop)
{
    if (object == 0) {
        tell({.kind = observe::Kind::opened, .text = "UDP socket"});
    }
}

UdpSocket::~UdpSocket()
{
    close_socket();
}

error_code UdpSocket::open(const UdpEndpoint& local, bool dual_stack)
{
    const bool v6 = local.address().is_v6();
    versions_ = {!v6 || dual_stack, v6};
    socket_ = ::socket(v6 ? AF_INET6 : AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    tell_call("socket", socket_);
    if (socket_ < 0) {
        return last_error();
    }
    error_code error;
    const int only_v6 = dual_stack ? 0 : 1;
    if (v6 && ::setsockopt(socket_, IPPROTO_IPV6, IPV6_V6ONLY, &only_v6, sizeof only_v6) != 0) {
        error = last_error();
    }
    if (!error) {
        error = apply_options(socket_, versions_, options_);
    }
    if (!error) {
        const int result = ::bind(socket_, local.data(), static_cast<socklen_t>(local.size()));
        error = result == 0 ? error_code() : last_error();
        tell_call("bind", result);
    }
    if (error) {
        ::close(std::exchange(socket_, -1));
        return error;
    }
    auto size = static_cast<socklen_t>(local_.capacity());
    ::getsockname(socket_, local_.data(), &size);
    tell({.kind = observe::Kind::bound, .local = observe::Address::of(local_.data())});
    loop_.poller().add(socket_, *this, EPOLLIN);
    return {};
}

error_code UdpSocket::connect(const UdpEndpoint& peer)
{
    // Without it the kernel reports only some of the ICMP errors, and without saying whom they concern.
    error_code error = set_report_errors(socket_, versions_);
    if (!error) {
        tell({.kind = observe::Kind::connecting, .remote = observe::Address::of(peer.data())});
        const int result = ::connect(socket_, peer.data(), static_cast<socklen_t>(peer.size()));
        error = result == 0 ? error_code() : last_error();
        tell_call("connect", result);
    }
    if (error) {
        return error;
    }
    connected_ = true;
    destination_ = peer;
    auto size = static_cast<socklen_t>(local_.capacity());
    ::getsockname(socket_, local_.data(), &size);
    tell({.kind = observe::Kind::connected,
          .local = observe::Address::of(local_.data()),
          .remote = observe::Address::of(peer.data())});
    return {};
}

Family UdpSocket::family() const
{
    if (versions_.v4 && versions_.v6) {
        return Family::any;
    }
    return versions_.v4 ? Family::ipv4 : Family::ipv6;
}

std::optional<UdpEndpoint> UdpSocket::destination(const ip::address& address, std::uint16_t port) const
{
    if (address.is_v4()) {
        if (!versions_.v4) {
            return std::nullopt;
        }
        return versions_.v6 ? UdpEndpoint(ip::make_address_v6(ip::v4_mapped, address.to_v4()), port)
                            : UdpEndpoint(address, port);
    }
    return versions_.v6 ? std::optional(UdpEndpoint(address, port)) : std::nullopt;
}

std::string UdpSocket::description() const
{
    const std::string text = "UDP socket " + to_string(local_);
    return connected_ ? text + " -> " + to_string(*destination_) : text;
}

void UdpSocket::ready(std::uint32_t events)
{
    const auto keep_alive = shared_from_this();
    if ((events & EPOLLERR) != 0) {
        drain_errors();
    }
    if ((events & (EPOLLIN | EPOLLERR)) != 0) {
        readable_ = true;
        if (receive_handler_) {
            deliver();
        }
    }
    if (blocked_ && (events & (EPOLLOUT | EPOLLERR)) != 0) {
        unblock();
        flush();
        serve_senders();
        update_keep_alive();
    }
}

void UdpSocket::given_up()
{
    close_socket();
    receive_timer_.cancel();
    const ReceiveHandler receive_handler = std::move(receive_handler_);
    const std::list<SendWaiter> senders = std::move(senders_);
    keep_alive_.reset();
}

std::optional<Received> UdpSocket::try_receive(bool ask_kernel)
{
    if (closed()) {
        return Received{closed_here, {}, {}};
    }
    if (auto error = take_error()) {
        return Received{error->error, {}, error->peer};
    }
    if (batch_.empty() && (readable_ || ask_kernel)) {
        if (const error_code error = fetch()) {
            if (auto queued = take_error()) {
                return Received{queued->error, {}, queued->peer};
            }
            return Received{error, {}, connected_ ? destination_ : std::nullopt};
        }
    }
    return batch_.empty() ? std::nullopt : std::optional(hand_out(batch_.take()));
}

std::optional<Datagram> UdpSocket::take_waiting()
{
    const bool to_report = !errors_.empty() || !failed_sends_.empty() || options_.timestamps;
    if (batch_.empty() || to_report || receiving() || loop_.observed() != nullptr || batch_.front_is_truncated()) {
        return std::nullopt;
    }
    return hand_out(batch_.take()).datagram;
}

error_code UdpSocket::fetch()
{
    const error_code error = batch_.receive(socket_, readable_);
    ++calls_.receive;
    errno = error.value();
    tell_call("recvmmsg", error ? -1 : static_cast<std::int64_t>(batch_.size()));
    if (!error || would_block(error)) {
        return {};
    }
    // What an earlier datagram has come to; what has arrived is behind it.
    readable_ = true;
    drain_errors();
    return error;
}

Received UdpSocket::hand_out(const Datagram& datagram)
{
    ++counters_.received;
    counters_.bytes_received += datagram.payload.size();
    if (loop_.observed() != nullptr) {
        tell_received(datagram);
    }
    if (datagram.truncated()) {
        ++counters_.truncated;
        return {errc::truncated, datagram, {}};
    }
    return {{}, datagram, {}};
}

bool UdpSocket::drain_errors()
{
    if (!connected_ && !options_.errors) {
        return false;
    }
    bool any = false;
    while (auto error = take_queued_error(socket_)) {
        any = true;
        tell_failed(*error);
        if (connected_) {
            errors_.clear();  // all of them say the same: the peer is not there
        }
        if (errors_.size() < most_errors) {
            errors_.push_back(*error);
        }
    }
    return any;
}

std::optional<PeerError> UdpSocket::take_error()
{
    // Without being asked, a socket with many peers does not trouble who receives with what one of them has come to.
    auto error = take_first(errors_);
    return error || !(connected_ || options_.errors) ? error : take_first(failed_sends_);
}

void UdpSocket::async_receive(std::optional<Duration> timeout, ReceiveHandler handler)
{
    receive_handler_ = std::move(handler);
    update_keep_alive();
    if (timeout) {
        receive_timer_.expires_after(*timeout, [this] { finish_receive({errc::timeout, {}, {}}); });
    }
    if (closed() || readable_ || !batch_.empty() || !errors_.empty()) {
        loop_.post([self = shared_from_this()] {
            if (self->receive_handler_) {
                self->deliver();
            }
        });
    }
}

void UdpSocket::deliver()
{
    if (const auto result = try_receive()) {
        finish_receive(*result);
    }
}

void UdpSocket::finish_receive(const Received& result)
{
    if (receive_handler_) {
        const auto keep_alive = shared_from_this();
        receive_timer_.cancel();
        ReceiveHandler handler = std::move(receive_handler_);
        update_keep_alive();
        handler(result);
    }
}

void UdpSocket::cancel_receive()
{
    if (receive_handler_) {
        receive_timer_.cancel();
        loop_.post([handler = std::move(receive_handler_)]() mutable { handler({errc::cancelled, {}, {}}); });
        update_keep_alive();
    }
}

Sent UdpSocket::try_send(std::string_view payload, const std::optional<UdpEndpoint>& to)
{
    if (closed()) {
        return {closed_here, {}};
    }
    if (const auto error =
            failed_sends_.empty() ? std::nullopt : take_of_peer(failed_sends_, to ? *to : *destination_)) {
        return {error->error, error->peer};
    }
    if (const auto error = connected_ ? take_first(errors_) : std::nullopt) {
        return {error->error, error->peer};
    }
    if (blocked_ || !senders_.empty()) {
        return {boost::asio::error::would_block, {}};
    }
    const auto& destination = to || connected_ ? to : destination_;
    if (loop_.observed() != nullptr) {
        announce(destination);
    }
    if (payload.size() > collect_at_most && !queue_.empty()) {
        flush();
        if (blocked_) {
            return {boost::asio::error::would_block, {}};
        }
    }
    if (payload.size() > collect_at_most || (queue_.empty() && batch_.empty())) {
        return send_now(payload, destination);
    }
    queue_.add(payload, destination);
    if (batch_.empty() || queue_.full()) {
        if (flush()) {
            return {};
        }
        const PeerError error = failed_sends_.back();
        failed_sends_.pop_back();
        return {error.error, {}};
    }
    flush_at_end_of_turn();
    return {};
}

bool UdpSocket::try_collect(std::string_view payload, const UdpEndpoint& to)
{
    const bool to_report = !failed_sends_.empty() || loop_.observed() != nullptr;
    const bool must_send = batch_.empty() || queue_.size() + 1 >= DatagramQueue::most;
    if (payload.size() > collect_at_most || to_report || must_send || connected_ || blocked_ || !senders_.empty()) {
        return false;
    }
    queue_.add(payload, to);
    flush_at_end_of_turn();
    return true;
}

void UdpSocket::flush_at_end_of_turn()
{
    if (!flush_scheduled_) {
        flush_scheduled_ = true;
        loop_.at_end_of_turn(shared_from_this());
    }
}

Sent UdpSocket::send_now(std::string_view payload, const std::optional<UdpEndpoint>& to)
{
    for (;;) {
        const ssize_t sent = to ? ::sendto(socket_, payload.data(), payload.size(), MSG_DONTWAIT | MSG_NOSIGNAL,
                                           to->data(), static_cast<socklen_t>(to->size()))
                                : ::send(socket_, payload.data(), payload.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
        ++calls_.send;
        tell_call(to ? "sendto" : "send", sent);
        if (sent >= 0) {
            ++counters_.sent;
            counters_.bytes_sent += payload.size();
            if (loop_.observed() != nullptr) {
                tell_sent(payload, to);
            }
            return {};
        }
        const error_code error = last_error();
        if (would_block(error)) {
            block();
            return {error, {}};
        }
        if (error.value() == EINTR) {
            continue;
        }
        // The kernel tells of an earlier datagram's ICMP error by failing the next call, whomever that is for.
        if (!drain_errors()) {
            return {error, {}};
        }
        if (connected_) {
            errors_.clear();
            return {error, {}};
        }
    }
}

void UdpSocket::end_of_turn()
{
    flush_scheduled_ = false;
    if (!closed() && !blocked_) {
        flush();
        update_keep_alive();
    }
}

void UdpSocket::block()
{
    if (!std::exchange(blocked_, true)) {
        loop_.poller().change(socket_, EPOLLIN | EPOLLOUT);
    }
}

void UdpSocket::unblock()
{
    if (std::exchange(blocked_, false)) {
        loop_.poller().change(socket_, EPOLLIN);
    }
}

bool UdpSocket::flush()
{
    bool last_failed = false;
    while (!queue_.empty()) {
        const DatagramQueue::Sent sent = queue_.send(socket_);
        ++calls_.send;
        counters_.sent += sent.datagrams;
        counters_.bytes_sent += sent.bytes;
        if (loop_.observed() != nullptr) {
            errno = sent.error.value();
            tell_call("sendmmsg", sent.error ? -1 : static_cast<std::int64_t>(sent.datagrams));
            for (std::size_t i = 0; i < sent.datagrams; ++i) {
                tell_sent(queue_.payload(i), queue_.destination(i));
            }
        }
        queue_.drop(sent.datagrams);
        if (would_block(sent.error)) {
            block();
            update_keep_alive();
            return true;
        }
        if (!sent.error || drain_errors()) {
            continue;
        }
        last_failed = queue_.size() == 1;
        const auto& to = queue_.destination(0);
        if (failed_sends_.size() == most_errors) {
            failed_sends_.pop_front();
        }
        failed_sends_.push_back({sent.error, to ? *to : *destination_});
        queue_.drop(1);
    }
    return !last_failed;
}

std::uint64_t UdpSocket::async_send(std::string payload, const std::optional<UdpEndpoint>& to, Duration timeout,
                                    SendHandler handler)
{
    const std::uint64_t id = next_sender_++;
    if (loop_.observed() != nullptr && !closed()) {
        announce(to || connected_ ? to : destination_);
    }
    SendWaiter& waiter = senders_.emplace_back(loop_, id, std::move(payload), to, std::move(handler));
    waiter.timer.expires_after(timeout, [this, id] { finish_sender(id, {errc::timeout, {}}); });
    update_keep_alive();
    if (!blocked_) {
        loop_.post([self = shared_from_this()] { self->serve_senders(); });
    }
    return id;
}

void UdpSocket::cancel_send(std::uint64_t id)
{
    loop_.post([self = shared_from_this(), id] { self->finish_sender(id, {errc::cancelled, {}}); });
}

void UdpSocket::serve_senders()
{
    const auto keep_alive = shared_from_this();
    while (!senders_.empty() && !blocked_) {
        const SendWaiter& waiter = senders_.front();
        const Sent result = closed() ? Sent{closed_here, {}}
                                     : send_now(waiter.payload, waiter.to || connected_ ? waiter.to : destination_);
        if (!blocked_) {
            finish_sender(waiter.id, result);
        }
    }
}

void UdpSocket::finish_sender(std::uint64_t id, const Sent& result)
{
    const auto waiter =
        std::find_if(senders_.begin(), senders_.end(), [id](const SendWaiter& entry) { return entry.id == id; });
    if (waiter != senders_.end()) {
        const auto keep_alive = shared_from_this();
        SendHandler handler = std::move(waiter->handler);
        senders_.erase(waiter);
        update_keep_alive();
        handler(result);
    }
}

Sent UdpSocket::close()
{
    Sent result;
    if (closed()) {
        return result;
    }
    const auto keep_alive = shared_from_this();
    if (!blocked_) {
        flush();
    }
    if (const auto error = take_first(failed_sends_)) {
        result = {error->error, error->peer};
    } else if (!queue_.empty()) {
        const auto& to = queue_.destination(0);
        result = {boost::asio::error::no_buffer_space, to ? to : destination_};
    }
    close_socket();
    receive_timer_.cancel();
    // The handler leaves at once: it may hold this, and the loop may go before the turn comes.
    loop_.post([self = keep_alive, handler = std::move(receive_handler_)]() mutable {
        if (handler) {
            handler({closed_here, {}, {}});
        }
        self->serve_senders();
    });
    update_keep_alive();
    return result;
}

void UdpSocket::close_socket()
{
    if (socket_ >= 0) {
        loop_.poller().remove(socket_);
        tell_call("close", ::close(std::exchange(socket_, -1)));
        tell({.kind = observe::Kind::closed, .cause = observe::Cause::us});
    }
    batch_.clear();
    queue_.clear();
    blocked_ = false;
}

void UdpSocket::update_keep_alive()
{
    if (receive_handler_ || !senders_.empty() || (blocked_ && !queue_.empty())) {
        if (keep_alive_ == nullptr) {
            keep_alive_ = shared_from_this();
        }
    } else {
        keep_alive_.reset();
    }
}

}  // namespace moonwire::net
