#pragma once

#include "host/loop/handler.hpp"
#include "host/loop/loop.hpp"
#include "host/loop/timer.hpp"
#include "host/net/error.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

namespace moonwire::file {

/// Tells when a file changes: when it is written to, replaced, deleted, or made. It need not exist. Rather tells a
/// change twice than not at all.
///
/// Held by shared_ptr; used on the loop's thread only. The loop must outlive it. One waits at a time.
class Watch : public std::enable_shared_from_this<Watch>
{
public:
    using Handler = loop::Handler<void(net::error_code)>;

    Watch(loop::Loop& loop, std::string path) : loop_(loop), path_(std::move(path)), timer_(loop) {}
    virtual ~Watch() = default;
    Watch(const Watch&) = delete;
    Watch& operator=(const Watch&) = delete;

    const std::string& path() const { return path_; }
    bool waiting() const { return static_cast<bool>(handler_); }
    bool closed() const { return closed_; }

    /// Waits until the file has changed, since the last wait has told so or since the watch began. The handler must not
    /// hold the watch.
    void async_wait(std::optional<observe::Duration> timeout, Handler handler);

    /// The handler is called with errc::cancelled in a later turn.
    void cancel_wait();

    /// Who waits is told the error `bad_descriptor`, "closed by this side"; who waits later, too.
    void close();

protected:
    loop::Loop& loop() { return loop_; }

    /// Looks for changes from now on, and calls `finish` when there is one, in a later turn.
    virtual void start_looking() = 0;

    /// Is called when the wait has ended; what `start_looking` has begun need not stop at once.
    virtual void stop_looking() = 0;
    virtual void close_transport() = 0;

    void finish(const net::error_code& error);
    void finish_later(const net::error_code& error);

private:
    loop::Loop& loop_;
    std::string path_;
    Handler handler_;
    std::uint64_t number_ = 0;  // of the wait
    bool closed_ = false;
    loop::Timer timer_;
};

}  // namespace moonwire::file
