#pragma once

#include <moonwire/recording.hpp>

#include "host/loop/loop.hpp"
#include "host/loop/timer.hpp"
#include "host/observe/recorder.hpp"
#include "host/observe/throughput.hpp"

#include <cstdint>
#include <set>
#include <string_view>

namespace moonwire::embed {

/// Looks at the kernel's table of sockets from time to time, and when connections come and go, for the ports that a run
/// listens on and connects to; where the table is long, less often in the long run, which has at least 95 % of the
/// time. When there are many samples, every other one goes and the next ones come half as often. The loop must outlive
/// it.
class SocketSampler final : public observe::Observer
{
public:
    SocketSampler(loop::Loop& loop, observe::TimePoint start) : loop_(loop), start_(start), timer_(loop) {}

    void on_event(const observe::Event& event) override;

    /// Now, and again after each interval.
    void sample();

    const std::vector<Recording::Sockets>& samples() const { return samples_; }

private:
    void sample_after(observe::Duration duration);

    loop::Loop& loop_;
    observe::TimePoint start_;
    observe::Duration interval_ = std::chrono::milliseconds(50);
    observe::Duration least_interval_ = std::chrono::milliseconds(1);
    observe::TimePoint next_ = observe::TimePoint::max();
    observe::TimePoint last_ = observe::TimePoint::min();
    std::set<std::uint16_t> ports_;
    std::vector<Recording::Sockets> samples_;
    loop::Timer timer_;
};

/// Records what happens in an engine from now until it goes. The loop must outlive it.
class Recorder
{
public:
    Recorder(loop::Loop& loop, const RecordOptions& options, bool virtual_time);
    ~Recorder();
    Recorder(const Recorder&) = delete;
    Recorder& operator=(const Recorder&) = delete;

    /// What there is so far.
    Recording recording();

private:
    loop::Loop& loop_;
    observe::TimePoint start_;
    observe::Recorder events_;
    observe::Throughput throughput_;
    SocketSampler sockets_;
    bool virtual_time_;
};

}  // namespace moonwire::embed
