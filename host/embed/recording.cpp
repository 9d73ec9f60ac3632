#include "host/embed/recording.hpp"

#include "host/net/socket_table.hpp"

#include <algorithm>

namespace moonwire::embed {

namespace {

constexpr std::size_t max_ports = 8;
constexpr std::size_t max_samples = 400;

// So many are taken whatever they cost: short runs have no more.
constexpr std::size_t first_samples = 32;

double seconds(observe::Duration duration)
{
    return std::chrono::duration<double>(duration).count();
}

RecordedEvent to_public(const observe::RecordedEvent& recorded, observe::TimePoint start)
{
    const observe::Event& event = recorded.event;
    return {seconds(event.time - start),
            name_of(event.kind),
            name_of(event.layer),
            name_of(event.direction),
            name_of(event.cause),
            event.carries,
            event.error,
            event.object,
            event.owner,
            event.result,
            event.size,
            to_string(event.local),
            to_string(event.remote),
            recorded.content,
            recorded.text,
            recorded.role};
}

}  // namespace

void SocketSampler::on_event(const observe::Event& event)
{
    using Kind = observe::Kind;
    if (event.layer != observe::Layer::tcp) {
        return;
    }
    switch (event.kind) {
    case Kind::listening:
    case Kind::connecting:
        if (ports_.size() < max_ports) {
            ports_.insert(event.kind == Kind::listening ? event.local.port : event.remote.port);
        }
        break;
    case Kind::connected:
    case Kind::accepted:
    case Kind::ended:
    case Kind::closed:
        break;
    default:
        return;
    }
    sample_after(observe::Duration(0));
}

// Or earlier, if that is so already.
void SocketSampler::sample_after(observe::Duration duration)
{
    const observe::TimePoint at = std::max(loop_.now() + duration, last_ + least_interval_);
    if (at < next_) {
        next_ = at;
        timer_.expires_at(at, [this] { sample(); });
    }
}

void SocketSampler::sample()
{
    if (samples_.size() == max_samples) {
        for (std::size_t i = 0; i < max_samples / 2; ++i) {
            samples_[i] = std::move(samples_[2 * i]);
        }
        samples_.resize(max_samples / 2);
        interval_ *= 2;
        least_interval_ *= 2;
    }
    const observe::TimePoint begin = loop_.now();
    Recording::Sockets& now = samples_.emplace_back();
    now.time = seconds(begin - start_);
    for (const std::uint16_t port : ports_) {
        for (const net::SocketEntry& entry : net::tcp_sockets(port)) {
            ++now.states[std::string(entry.state)];
        }
    }
    last_ = loop_.now();
    if (samples_.size() > first_samples) {
        least_interval_ = std::max(least_interval_, 20 * (last_ - begin));
    }
    next_ = observe::TimePoint::max();
    sample_after(interval_);
}

Recorder::Recorder(loop::Loop& loop, const RecordOptions& options, bool virtual_time)
    : loop_(loop),
      start_(loop.now()),
      events_(options.max_events, options.max_content),
      throughput_(start_, std::chrono::milliseconds(10)),
      sockets_(loop, start_),
      virtual_time_(virtual_time)
{
    loop_.observers().add(events_);
    loop_.observers().add(throughput_);
    if (!virtual_time_) {  // what the kernel does takes real time
        loop_.observers().add(sockets_);
    }
}

Recorder::~Recorder()
{
    loop_.observers().remove(events_);
    loop_.observers().remove(throughput_);
    loop_.observers().remove(sockets_);
}

Recording Recorder::recording()
{
    Recording recording;
    for (const observe::RecordedEvent& event : events_.events()) {
        recording.events.push_back(to_public(event, start_));
    }
    recording.dropped = events_.dropped();
    recording.step = seconds(throughput_.step());
    for (const auto& [role, bytes] : throughput_.roles()) {
        recording.throughput.push_back({role, bytes.sent, bytes.received});
    }
    if (!virtual_time_) {
        sockets_.sample();
        recording.sockets = sockets_.samples();
    }
    return recording;
}

}  // namespace moonwire::embed
