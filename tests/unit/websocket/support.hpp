#pragma once

#include "host/net/stream.hpp"
#include "host/websocket/connection.hpp"
#include "tests/unit/net/support.hpp"
#include "tests/unit/websocket/wire.hpp"

#include <boost/asio/error.hpp>

#include <algorithm>
#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <ostream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace moonwire::test {

/// A stream whose other end the test plays by hand. Takes what is sent as long as the peer has room for it.
class MemoryStream final : public net::Stream
{
public:
    explicit MemoryStream(loop::Loop& loop) : Stream(loop) {}

    std::string description() const override { return "in memory"; }

    /// The peer has sent this.
    void arrive(std::string_view bytes)
    {
        arrived_ += bytes;
        tell();
    }

    /// And nothing more, if `error` is errc::closed in good order; else it broke off.
    void arrive_end(net::error_code error = net::errc::closed)
    {
        end_ = error;
        tell();
    }

    /// The peer takes so many bytes more.
    void set_room(std::size_t bytes)
    {
        room_ = bytes;
        if (room_ > 0 && std::exchange(waits_to_write_, false)) {
            loop().post([self = self<MemoryStream>()] { self->writable({}); });
        }
    }

    std::size_t not_read() const { return arrived_.size(); }
    bool ended() const { return closed_in_order || aborted; }

    std::string sent;  // what the peer has received
    int sends = 0;
    net::error_code send_error;
    bool closed_in_order = false;
    bool aborted = false;

    /// As much is read at once.
    static constexpr std::size_t largest_read = 64 * 1024;

private:
    void start_receive() override
    {
        waits_to_read_ = true;
        tell();
    }

    void tell()
    {
        loop().post([self = self<MemoryStream>()] { self->hand_over(); });
    }

    void hand_over()
    {
        if (!waits_to_read_ || (arrived_.empty() && !end_)) {
            return;
        }
        waits_to_read_ = false;
        // A place of just that size, so that a sanitizer sees who reads past it, or too late.
        std::vector<char> bytes(
            arrived_.begin(), arrived_.begin() + static_cast<std::ptrdiff_t>(std::min(arrived_.size(), largest_read)));
        arrived_.erase(0, bytes.size());
        received(bytes, arrived_.empty() ? end_ : net::error_code());
    }

    std::size_t send(std::span<const boost::asio::const_buffer> buffers, net::error_code& error) override
    {
        if (room_ == 0 || send_error) {
            error = send_error ? send_error : net::error_code(boost::asio::error::would_block);
            return 0;
        }
        ++sends;
        std::size_t taken = 0;
        for (const auto& buffer : buffers) {
            const std::size_t size = std::min(buffer.size(), room_);
            sent.append(static_cast<const char*>(buffer.data()), size);
            room_ -= size;
            taken += size;
        }
        return taken;
    }

    void start_wait_writable() override { waits_to_write_ = true; }
    void end_sending() override {}
    void close_transport() override { closed_in_order = true; }

    void abort_transport() override
    {
        aborted = true;
        waits_to_write_ = false;
    }

    std::string arrived_;
    net::error_code end_;
    std::size_t room_ = SIZE_MAX;
    bool waits_to_read_ = false;
    bool waits_to_write_ = false;
};

/// Lets everything happen that needs no time.
inline void settle(loop::Loop& loop)
{
    int turns = 50;
    std::function<void()> next = [&] {
        if (--turns > 0) {
            loop.post([&] { next(); });
        } else {
            loop.stop();
        }
    };
    loop.post([&] { next(); });
    loop.run();
}

/// Calls `act` in a turn of its own, as scripts do, and lets happen what follows from it.
template <class Act>
void in_a_turn(loop::Loop& loop, Act act)
{
    loop.post([&act] { act(); });
    settle(loop);
}

/// Lets so much virtual time pass, and no more.
inline void pass(loop::Loop& loop, Duration time)
{
    loop::Timer timer(loop);
    timer.expires_after(time, [&loop] { loop.stop(); });
    loop.run();
    settle(loop);
}

/// What a receive came to.
struct Got {
    websocket::Incoming::Kind kind = websocket::Incoming::Kind::failure;
    std::string data;
    net::error_code error;

    bool operator==(const Got&) const = default;
};

inline Got text(std::string data)
{
    return {websocket::Incoming::Kind::text, std::move(data), {}};
}

inline Got binary(std::string data)
{
    return {websocket::Incoming::Kind::binary, std::move(data), {}};
}

inline Got failure(net::error_code error)
{
    return {websocket::Incoming::Kind::failure, {}, error};
}

inline std::ostream& operator<<(std::ostream& out, const Got& got)
{
    return out << "kind " << static_cast<int>(got.kind) << ", " << got.data.size()
               << " bytes: " << got.data.substr(0, 40) << (got.error ? got.error.message() : "");
}

inline Got got(const websocket::Incoming& incoming)
{
    return {incoming.kind, std::string(incoming.data), incoming.error};
}

using websocket::Connection;
using Gots = std::vector<Got>;

/// Receives one after the other, as a task of a script does, and holds the connection until it fails.
inline void keep_receiving(const std::shared_ptr<Connection>& connection, Gots& all)
{
    while (const auto incoming = connection->try_receive()) {
        all.push_back(got(*incoming));
        if (all.back().error) {
            return;
        }
    }
    connection->async_receive(std::nullopt, [connection, &all](const websocket::Incoming& incoming) {
        all.push_back(got(incoming));
        if (!all.back().error) {
            keep_receiving(connection, all);
        }
    });
}

/// All that can be received at once.
inline Gots received_now(Connection& connection)
{
    Gots all;
    while (all.empty() || !all.back().error) {
        const auto incoming = connection.try_receive();
        if (!incoming) {
            break;
        }
        all.push_back(got(*incoming));
    }
    return all;
}

using Compression = std::optional<websocket::DeflateParameters>;

/// A connection whose peer the test plays by hand.
class Played
{
public:
    explicit Played(loop::Loop& loop, Role role = Role::server, const websocket::Options& options = {},
                    const Compression& compression = {})
        : stream(std::make_shared<MemoryStream>(loop)),
          connection(
              std::make_shared<Connection>(stream, role, std::make_shared<websocket::Options>(options), compression)),
          peer_(other(role))
    {
        connection->start();
    }

    /// From the peer.
    void arrive(unsigned opcode, std::string_view payload, bool fin = true, unsigned reserved = 0) const
    {
        stream->arrive(wire_from(peer_, opcode, payload, fin, reserved));
        settle(stream->loop());
    }

    /// To the peer, since it was asked last.
    std::vector<WireFrame> sent() const
    {
        settle(stream->loop());
        return parsed(std::exchange(stream->sent, {}));
    }

    std::shared_ptr<MemoryStream> stream;
    std::shared_ptr<Connection> connection;

private:
    Role peer_;
};

/// Bytes of the heap in use.
std::size_t allocated_bytes();

}  // namespace moonwire::test
