#pragma once

#include "host/impair/counters.hpp"
#include "host/impair/faults.hpp"
#include "host/loop/loop.hpp"
#include "host/loop/timer.hpp"
#include "host/observe/random.hpp"

#include <cstddef>
#include <deque>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace moonwire::impair {

/// What all clients' paths of one way have in common.
struct DatagramWay {
    DatagramFaults faults;
    DatagramCounters counters;
    std::size_t waiting = 0;  ///< datagrams on all paths
    std::size_t waiting_bytes = 0;
};

/// The way of one client's datagrams through an impaired network, without the network: what is put in comes out later,
/// in another order, twice or not at all. Knows no sockets.
///
/// Each datagram draws the same count of random numbers whatever the faults are: with one seed the same datagrams are
/// lost, with and without delay. Used on the loop's thread; loop and way must outlive it.
class DatagramPath
{
public:
    using Sink = std::function<void(std::string_view)>;

    /// `sink` gets what comes out, also from within `put`; it must not destroy the path.
    DatagramPath(loop::Loop& loop, DatagramWay& way, observe::Random random, Sink sink);
    ~DatagramPath();
    DatagramPath(const DatagramPath&) = delete;
    DatagramPath& operator=(const DatagramPath&) = delete;

    void put(std::string_view datagram);

    bool empty() const { return waiting_.empty() && !held_; }

private:
    struct Waiting {
        observe::TimePoint due;
        std::string datagram;
        bool hold;
    };

    void pass(std::string_view datagram, Duration extra, bool hold);
    void release();
    void leave(std::string_view datagram, bool hold);
    void let_go();
    void count_waiting(std::size_t size);
    void count_left(std::size_t size);

    loop::Loop& loop_;
    DatagramWay& way_;
    observe::Random random_;
    Sink sink_;
    std::deque<Waiting> waiting_;  // in the order in which they are due
    loop::Timer release_timer_;
    std::optional<std::string> held_;  // until the next one has left
    loop::Timer hold_timer_;
    observe::TimePoint link_free_{};  // when all that was put in has passed at the rate
};

}  // namespace moonwire::impair
