#include "host/impair/datagram_path.hpp"

#include <algorithm>
#include <utility>

namespace moonwire::impair {

namespace {

// What may wait on all paths of one way, whatever the length of their queues.
constexpr std::size_t most_waiting_bytes = 64 << 20;

Duration transmission_time(std::size_t size, double rate)
{
    return rate > 0
               ? std::chrono::duration_cast<Duration>(std::chrono::duration<double>(static_cast<double>(size) / rate))
               : Duration{};
}

}  // namespace

DatagramPath::DatagramPath(loop::Loop& loop, DatagramWay& way, observe::Random random, Sink sink)
    : loop_(loop),
      way_(way),
      random_(std::move(random)),
      sink_(std::move(sink)),
      release_timer_(loop),
      hold_timer_(loop)
{
}

DatagramPath::~DatagramPath()
{
    for (const Waiting& entry : waiting_) {
        count_left(entry.datagram.size());
    }
    if (held_) {
        count_left(held_->size());
    }
}

void DatagramPath::put(std::string_view datagram)
{
    const DatagramFaults& faults = way_.faults;
    const bool drop = random_.uniform() < faults.drop;
    const bool duplicate = random_.uniform() < faults.duplicate;
    const bool hold = random_.uniform() < faults.reorder;
    const auto extra = std::chrono::duration_cast<Duration>(std::chrono::duration<double, std::nano>(faults.jitter) *
                                                            random_.uniform());
    way_.counters.received.add(datagram.size());
    if (drop) {
        way_.counters.dropped.add(datagram.size());
        return;
    }
    pass(datagram, extra, hold);
    if (duplicate) {
        way_.counters.duplicated.add(datagram.size());
        pass(datagram, extra, false);
    }
}

void DatagramPath::pass(std::string_view datagram, Duration extra, bool hold)
{
    const DatagramFaults& faults = way_.faults;
    const observe::TimePoint now = loop_.now();
    const auto passed = std::max(link_free_, now) + transmission_time(datagram.size(), faults.rate);
    auto due = passed + faults.delay + extra;
    if (waiting_.empty() && due <= now) {
        leave(datagram, hold);
        return;
    }
    if (waiting_.size() >= faults.queue || way_.waiting_bytes + datagram.size() > most_waiting_bytes) {
        way_.counters.overflowed.add(datagram.size());
        return;
    }
    link_free_ = passed;
    if (!waiting_.empty()) {
        due = std::max(due, waiting_.back().due);
    }
    way_.counters.delayed.add(datagram.size());
    count_waiting(datagram.size());
    waiting_.push_back({due, std::string(datagram), hold});
    if (waiting_.size() == 1) {
        release_timer_.expires_at(due, [this] { release(); });
    }
}

void DatagramPath::release()
{
    while (!waiting_.empty() && waiting_.front().due <= loop_.now()) {
        const Waiting next = std::move(waiting_.front());
        waiting_.pop_front();
        count_left(next.datagram.size());
        leave(next.datagram, next.hold);
    }
    if (!waiting_.empty()) {
        release_timer_.expires_at(waiting_.front().due, [this] { release(); });
    }
}

void DatagramPath::leave(std::string_view datagram, bool hold)
{
    if (hold && !held_) {
        held_ = std::string(datagram);
        count_waiting(datagram.size());
        hold_timer_.expires_after(way_.faults.hold, [this] { let_go(); });
        return;
    }
    sink_(datagram);
    if (held_) {
        way_.counters.reordered.add(held_->size());
        let_go();
    }
}

void DatagramPath::let_go()
{
    hold_timer_.cancel();
    const std::string datagram = std::move(*held_);
    held_.reset();
    count_left(datagram.size());
    sink_(datagram);
}

void DatagramPath::count_waiting(std::size_t size)
{
    ++way_.waiting;
    way_.waiting_bytes += size;
}

void DatagramPath::count_left(std::size_t size)
{
    --way_.waiting;
    way_.waiting_bytes -= size;
}

}  // namespace moonwire::impair
