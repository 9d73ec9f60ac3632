#include "host/impair/tcp_relay.hpp"

#include "host/impair/version.hpp"
#include "host/loop/timer.hpp"
#include "host/net/tcp_connect.hpp"

#include <algorithm>
#include <utility>

namespace moonwire::impair {

namespace {

// For connecting to the server.
constexpr std::chrono::seconds connect_limit{10};

}  // namespace

/// A client and its connection to the server.
class TcpRelay::Link : public std::enable_shared_from_this<Link>
{
public:
    Link(TcpRelay& relay, std::uint64_t number, std::shared_ptr<net::TcpStream> client)
        : relay_(relay), number_(number), client_(std::move(client)), cut_timer_(relay.loop_)
    {
    }

    ~Link() { abort(); }
    Link(const Link&) = delete;
    Link& operator=(const Link&) = delete;

    void connect()
    {
        auto targets = relay_.targets_;
        std::stable_partition(targets.begin(), targets.end(), [this](const net::TcpEndpoint& target) {
            return same_version(target.address(), client_->peer_endpoint().address());
        });
        net::ConnectRequest request;
        request.host = net::address_of(targets.front());
        request.port = targets.front().port();
        request.timeout = connect_limit;
        net::async_connect_to(
            relay_.loop_, std::move(request), targets, {},
            [weak = weak_from_this()](const net::Failure& failure, const std::shared_ptr<net::TcpStream>& server) {
                if (const auto link = weak.lock()) {
                    link->connected(failure.error, server);
                }
            });
    }

    void faults_changed()
    {
        for (const auto& path : paths_) {
            if (path) {
                path->faults_changed();
            }
        }
        set_cut_timer();
    }

private:
    void set_cut_timer()
    {
        cut_timer_.cancel();
        if (const auto& time = relay_.faults_.cut_at) {
            cut_timer_.expires_after(*time, [this] { end(&Connections::cut); });
        }
    }

    void connected(const net::error_code& error, const std::shared_ptr<net::TcpStream>& server)
    {
        if (error) {
            end(&Connections::unreachable);
            return;
        }
        server_ = server;
        start(Way::to_target, client_, server_);
        start(Way::to_client, server_, client_);
        set_cut_timer();
    }

    void start(Way way, const std::shared_ptr<net::TcpStream>& from, const std::shared_ptr<net::TcpStream>& to)
    {
        const auto index = static_cast<std::size_t>(way);
        paths_[index] =
            std::make_shared<StreamPath>(from, to, relay_.ways_[index], random_of(relay_.options_.seed, number_, way));
        paths_[index]->start([weak = weak_from_this()](StreamPath::End how) {
            if (const auto link = weak.lock()) {
                link->path_ended(how);
            }
        });
    }

    void path_ended(StreamPath::End how)
    {
        if (how == StreamPath::End::cut) {
            end(&Connections::cut);
        } else if (how == StreamPath::End::broken) {
            end(&Connections::broken);
        } else if (++ended_ == paths_.size()) {
            for (const auto& stream : {client_, server_}) {
                stream->async_close(std::nullopt, [](const net::error_code&) {});
            }
            end(nullptr);
        }
    }

    void end(std::uint64_t Connections::*how)
    {
        const auto keep_alive = shared_from_this();
        relay_.link_ended(number_, how);
    }

    void abort()
    {
        for (const auto& path : paths_) {
            if (path) {
                path->stop();
            }
        }
        for (const auto& stream : {client_, server_}) {
            if (stream && !stream->closed()) {
                stream->abort();
            }
        }
    }

    TcpRelay& relay_;  // which holds this
    std::uint64_t number_;
    std::shared_ptr<net::TcpStream> client_;
    std::shared_ptr<net::TcpStream> server_;  // null until it is connected
    std::array<std::shared_ptr<StreamPath>, 2> paths_;
    std::size_t ended_ = 0;
    loop::Timer cut_timer_;
};

TcpRelay::TcpRelay(loop::Loop& loop, std::shared_ptr<net::TcpListener> listener, std::vector<net::TcpEndpoint> targets,
                   const StreamFaults& faults, const TcpRelayOptions& options)
    : loop_(loop),
      listener_(std::move(listener)),
      targets_(std::move(targets)),
      options_(options),
      ways_{std::make_shared<StreamWay>(), std::make_shared<StreamWay>()}
{
    set(faults);
}

TcpRelay::~TcpRelay()
{
    close();
}

void TcpRelay::start()
{
    accept();
}

void TcpRelay::set(const StreamFaults& faults)
{
    faults_ = faults;
    for (const Way way : {Way::to_target, Way::to_client}) {
        ways_[static_cast<std::size_t>(way)]->faults = includes(faults.ways, way) ? faults : StreamFaults{};
    }
    for (const auto& [number, link] : links_) {
        link->faults_changed();
    }
}

void TcpRelay::close()
{
    listener_->close();
    const auto links = std::move(links_);
    links_.clear();
}

void TcpRelay::accept()
{
    if (listener_->closed() || listener_->accepting() || links_.size() >= options_.max_clients) {
        return;
    }
    listener_->async_accept(
        std::nullopt, [weak = weak_from_this()](const net::error_code& error, std::shared_ptr<net::TcpStream> client) {
            const auto self = weak.lock();
            if (self && !error) {
                self->accepted(std::move(client));
            }
        });
}

void TcpRelay::accepted(std::shared_ptr<net::TcpStream> client)
{
    const std::uint64_t number = connections_.accepted++;
    const auto link = std::make_shared<Link>(*this, number, std::move(client));
    links_.emplace(number, link);
    link->connect();
    accept();
}

void TcpRelay::link_ended(std::uint64_t number, std::uint64_t Connections::*how)
{
    if (links_.erase(number) != 0 && how != nullptr) {
        ++(connections_.*how);
    }
    accept();
}

}  // namespace moonwire::impair
