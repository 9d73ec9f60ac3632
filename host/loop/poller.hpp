#pragma once

#include "host/observe/observer.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/basic_stream_descriptor.hpp>

#include <sys/epoll.h>
#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <vector>

namespace moonwire::loop {

/// Tells connections when they can be read and written, through an epoll instance of its own that Asio waits for as for
/// one descriptor among others.
///
/// Asio can wait for the same, but not at this cost: an async_read_some tries before it waits, which is a system call
/// in vain a message where each message is answered at once, and a buffer must be ready for every connection that
/// waits; an async_wait re-arms by a system call. Edge-triggered and registered once, a connection costs nothing but
/// its share of epoll_wait (epoll(7)). The table in tests/bench/README.md has the figures.
class Poller
{
public:
    /// What is told. Removed by its owner before it goes.
    class Watch
    {
    public:
        /// EPOLLIN, EPOLLOUT, EPOLLRDHUP, EPOLLHUP, EPOLLERR: what has changed since it was last told.
        virtual void ready(std::uint32_t events) = 0;

        /// The loop goes: nothing more will be told. Whoever waits must let go of what it holds.
        virtual void given_up() = 0;

    protected:
        ~Watch() = default;
    };

    /// `after_all` is called when all watches have been told that one system call has brought, 128 at most. What they
    /// write leaves then: sending in a row is quicker than receiving and sending by turns.
    Poller(boost::asio::io_context& context, observe::Observers& observers, std::function<void()> after_all);
    ~Poller();
    Poller(const Poller&) = delete;
    Poller& operator=(const Poller&) = delete;

    /// What a watch is told of unless it says otherwise. (EPOLLHUP and EPOLLERR always.)
    static constexpr std::uint32_t stream_events = EPOLLIN | EPOLLOUT | EPOLLRDHUP;

    /// Throws std::system_error if the kernel refuses.
    void add(int descriptor, Watch& watch, std::uint32_t events = stream_events);

    /// Has it told of other events from now on, and of those that hold already.
    void change(int descriptor, std::uint32_t events);
    void remove(int descriptor);

    void give_up();

private:
    Watch* watch_of(int descriptor) const;
    void wait();
    void tell_all();
    int tell_some();

    observe::Observers& observers_;
    boost::asio::posix::basic_stream_descriptor<boost::asio::io_context::executor_type> epoll_;
    std::function<void()> after_all_;
    std::vector<Watch*> watches_;  // by descriptor
    std::array<epoll_event, 128> events_{};
    std::span<epoll_event> pending_;  // of events_: not yet told
};

}  // namespace moonwire::loop
