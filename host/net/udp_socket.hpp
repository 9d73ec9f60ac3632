#pragma once

#include "host/loop/handler.hpp"
#include "host/loop/loop.hpp"
#include "host/loop/poller.hpp"
#include "host/loop/timer.hpp"
#include "host/net/address_cache.hpp"
#include "host/net/datagram_batch.hpp"
#include "host/net/datagram_queue.hpp"
#include "host/net/endpoint.hpp"
#include "host/net/error.hpp"
#include "host/net/error_queue.hpp"
#include "host/net/system_calls.hpp"
#include "host/net/udp_options.hpp"

#include <cstdint>
#include <deque>
#include <list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace moonwire::net {

/// What a receive comes to: a datagram, or an error and, if it is an ICMP error or that of an earlier send, whom it
/// concerns.
struct Received {
    error_code error;
    Datagram datagram;
    std::optional<UdpEndpoint> peer;
};

/// What a send comes to. Whatever the error: this datagram has not been sent.
struct Sent {
    error_code error;
    std::optional<UdpEndpoint> peer;  ///< whom the error concerns, if it is not this datagram's destination
};

/// A UDP socket (RFC 768). Receives in batches when the loop's poller says that something has arrived. As long as
/// datagrams of a batch wait to be asked for, what is sent is collected and leaves in one system call: when the last
/// one of the batch is out, when enough has come together, and in any case when the turn ends.
///
/// Held by shared_ptr, used on the loop's thread only. One receive at a time, any number of senders. Handlers are never
/// called from within the call that they were given to. An operation whose handler has not been called keeps the socket
/// alive.
class UdpSocket final : public std::enable_shared_from_this<UdpSocket>,
                        public loop::EndOfTurn,
                        private loop::Poller::Watch
{
public:
    using ReceiveHandler = loop::Handler<void(Received)>;
    using SendHandler = loop::Handler<void(Sent)>;

    /// `object`: the number that observers know it by already; 0: it gets one, and they are told so.
    UdpSocket(loop::Loop& loop, const UdpOptions& options, observe::ObjectId object = 0);
    ~UdpSocket();
    UdpSocket(const UdpSocket&) = delete;
    UdpSocket& operator=(const UdpSocket&) = delete;

    /// Opens the socket and binds it. An IPv6 socket takes IPv4, too, if it is `dual_stack`.
    error_code open(const UdpEndpoint& local, bool dual_stack);

    /// Has it talk to `peer` only: what others send is not received, and ICMP errors are reported (udp(7)).
    error_code connect(const UdpEndpoint& peer);
    bool connected() const { return connected_; }

    /// Where a send without a destination goes, if that has been set; a connected socket's peer.
    const std::optional<UdpEndpoint>& default_destination() const { return destination_; }
    void set_default_destination(const UdpEndpoint& destination) { destination_ = destination; }

    const UdpEndpoint& local_endpoint() const { return local_; }
    IpVersions versions() const { return versions_; }

    /// The versions of which addresses can be sent to.
    Family family() const;

    /// How an address has to be given to this socket (a dual-stack one takes IPv4-mapped IPv6 addresses); nothing if it
    /// is of the wrong version.
    std::optional<UdpEndpoint> destination(const boost::asio::ip::address& address, std::uint16_t port) const;

    AddressCache& addresses() { return addresses_; }

    /// The next datagram, or error, that is there already. With `ask_kernel` the kernel is asked even if the poller has
    /// told nothing new. The payload is valid until the next call of any UDP socket of the loop.
    std::optional<Received> try_receive(bool ask_kernel = false);

    /// The next one of those that are taken from the kernel, if it is nothing out of the ordinary (see Received). Calls
    /// nobody: neither the system nor an observer; leaves to `try_receive` what would.
    std::optional<Datagram> take_waiting();

    /// Waits for what `try_receive` did not have.
    void async_receive(std::optional<Duration> timeout, ReceiveHandler handler);

    /// Completes the pending receive with errc::cancelled. What arrives stays for the next one.
    void cancel_receive();
    bool receiving() const { return static_cast<bool>(receive_handler_); }

    /// Sends or collects a datagram; without `to` it goes to the default destination. would_block: the kernel's send
    /// buffer is full; `async_send` waits.
    Sent try_send(std::string_view payload, const std::optional<UdpEndpoint>& to = std::nullopt);

    /// Collects a datagram to `to`, if it need not be sent now and there is nothing to report. Calls nobody, and leaves
    /// to `try_send` what would.
    bool try_collect(std::string_view payload, const UdpEndpoint& to);

    /// Sends when the kernel has room again; errc::timeout when it has none in time. Returns a number for
    /// `cancel_send`.
    std::uint64_t async_send(std::string payload, const std::optional<UdpEndpoint>& to, Duration timeout,
                             SendHandler handler);
    void cancel_send(std::uint64_t id);

    /// Sends what is collected, and closes. Pending operations end with errc::closed. Returns what an earlier send has
    /// failed with, if that was not reported yet.
    Sent close();
    bool closed() const { return socket_ < 0; }

    struct Counters {
        std::uint64_t received = 0;  ///< datagrams that have been handed out
        std::uint64_t bytes_received = 0;
        std::uint64_t truncated = 0;  ///< of those received
        std::uint64_t sent = 0;       ///< datagrams that the kernel has taken
        std::uint64_t bytes_sent = 0;
    };
    const Counters& counters() const { return counters_; }
    const SystemCalls& system_calls() const { return calls_; }

    /// Datagrams that are taken from the kernel and not handed out.
    std::size_t waiting() const { return batch_.size(); }

    /// For options and memberships; -1 when it is closed. Do not read, write or close it.
    int native_handle() const { return socket_; }

    /// "UDP socket 127.0.0.1:5004", with the peer if it is connected: for messages.
    std::string description() const;

    loop::Loop& loop() const { return loop_; }

    /// Its number for observers.
    observe::ObjectId object() const { return object_; }

    /// The number goes to another socket: nobody is told of this one any more.
    void give_up_object() { object_ = 0; }

    void end_of_turn() override;

private:
    struct SendWaiter {
        SendWaiter(loop::Loop& loop, std::uint64_t identity, std::string data, const std::optional<UdpEndpoint>& where,
                   SendHandler on_done)
            : id(identity), payload(std::move(data)), to(where), handler(std::move(on_done)), timer(loop)
        {
        }

        std::uint64_t id;
        std::string payload;
        std::optional<UdpEndpoint> to;
        SendHandler handler;
        loop::Timer timer;
    };

    void ready(std::uint32_t events) override;
    void given_up() override;

    // For observers: see udp_events.cpp.
    void tell(observe::Event event) const;
    void tell_call(std::string_view name, std::int64_t result) const;
    void tell_received(const Datagram& datagram) const;
    void tell_sent(std::string_view payload, const std::optional<UdpEndpoint>& to) const;
    void tell_failed(const PeerError& error) const;
    void announce(const std::optional<UdpEndpoint>& to);

    error_code fetch();
    void deliver();
    void finish_receive(const Received& result);
    Received hand_out(const Datagram& datagram);
    bool drain_errors();
    std::optional<PeerError> take_error();

    Sent send_now(std::string_view payload, const std::optional<UdpEndpoint>& to);

    /// The kernel's send buffer is full, or no more. Only meanwhile is the poller to tell of room in it: the kernel
    /// would do so for every datagram that has left.
    void block();
    void unblock();

    /// Sends what is collected. False if the last one of it has failed; all failures are in `failed_sends_`.
    bool flush();
    void flush_at_end_of_turn();
    void serve_senders();
    void finish_sender(std::uint64_t id, const Sent& result);
    void close_socket();
    void update_keep_alive();

    loop::Loop& loop_;
    observe::ObjectId object_;
    observe::Address announced_;  // the last destination that observers were told of
    UdpOptions options_;
    int socket_ = -1;
    IpVersions versions_;
    UdpEndpoint local_;
    std::optional<UdpEndpoint> destination_;
    bool connected_ = false;
    AddressCache addresses_;

    DatagramBatch batch_;
    bool readable_ = true;  // there may be something to receive: the poller tells changes only
    ReceiveHandler receive_handler_;
    loop::Timer receive_timer_;
    std::deque<PeerError> errors_;  // ICMP errors that nobody has been told; bounded

    DatagramQueue queue_;
    bool flush_scheduled_ = false;
    bool blocked_ = false;                // the kernel's send buffer is full
    std::deque<PeerError> failed_sends_;  // of what was collected; the next send to that peer tells. Bounded
    std::list<SendWaiter> senders_;
    std::uint64_t next_sender_ = 1;

    Counters counters_;
    SystemCalls calls_;
    std::shared_ptr<UdpSocket> keep_alive_;  // this, while an operation waits
};

}  // namespace moonwire::net
