#include "host/impair/stream_path.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

namespace moonwire::impair {

namespace {

constexpr std::size_t chunk_size = 64 * 1024;

// How long a cut waits until what was forwarded before has left.
constexpr std::chrono::seconds cut_patience{5};

}  // namespace

StreamPath::StreamPath(std::shared_ptr<net::Stream> from, std::shared_ptr<net::Stream> to,
                       std::shared_ptr<StreamWay> way, const observe::Random& random)
    : from_(std::move(from)),
      to_(std::move(to)),
      way_(std::move(way)),
      jitter_(seed_of_part(random.seed(), 0)),
      places_(seed_of_part(random.seed(), 1)),
      next_(from_->loop()),
      stall_timer_(from_->loop())
{
}

void StreamPath::start(std::function<void(End)> on_end)
{
    on_end_ = std::move(on_end);
    reset_places();
    from_->loop().post([self = shared_from_this()] { self->proceed(); });
}

void StreamPath::faults_changed()
{
    reset_places();
    from_->loop().post([self = shared_from_this()] { self->proceed(); });
}

void StreamPath::stop()
{
    on_end_ = nullptr;
    next_.cancel();
    stall_timer_.cancel();
}

// What was forwarded has made room for more.
void StreamPath::proceed()
{
    forward();
    read();
}

void StreamPath::read()
{
    const net::ReadRequest request{net::ReadRequest::Kind::some, chunk_size, {}};
    while (!stopped() && !reading_ && !input_ended_ && waiting_ < most_waiting) {
        if (const auto result = from_->try_read(request)) {
            take(*result);
            continue;
        }
        reading_ = true;
        from_->async_read(request, std::nullopt, [self = shared_from_this()](const net::ReadResult& result) {
            self->reading_ = false;
            self->take(result);
            self->read();
        });
    }
}

void StreamPath::take(const net::ReadResult& result)
{
    if (stopped()) {
        return;
    }
    if (result.error == net::errc::closed) {
        input_ended_ = true;
        add({}, true);
    } else if (result.error) {
        finish(End::broken);
        return;
    } else {
        way_->counters.received.add(result.data.size());
        add(result.data, false);
    }
    forward();
}

void StreamPath::add(std::string_view data, bool end)
{
    const StreamFaults& faults = way_->faults;
    const observe::TimePoint now = from_->loop().now();
    auto due = now + faults.delay +
               std::chrono::duration_cast<Duration>(std::chrono::duration<double, std::nano>(faults.jitter) *
                                                    jitter_.uniform());
    if (!pieces_.empty()) {
        due = std::max(due, pieces_.back().due);
    }
    if (!end && (due > now || stalled_until_ > now)) {
        way_->counters.delayed.add(data.size());
    }
    waiting_ += data.size();
    pieces_.push_back({due, std::string(data), 0, end});
}

void StreamPath::forward()
{
    while (!stopped() && !writing_) {
        if (cut_place_ == forwarded_) {
            cut();
            return;
        }
        if (stall_place_ == forwarded_) {
            begin_stall();
            stall_place_ = draw_stall_place();
        }
        if (pieces_.empty()) {
            return;
        }
        const auto due = std::max(pieces_.front().due, stalled_until_);
        if (due > from_->loop().now()) {
            next_.expires_at(due, [self = weak_from_this()] {
                if (const auto path = self.lock()) {
                    path->proceed();
                }
            });
            return;
        }
        if (pieces_.front().end) {
            end_stream();
        } else if (forward_front(pieces_.front())) {
            pieces_.pop_front();
        }
    }
}

// Up to the next place where something happens. Whether that was all of it.
bool StreamPath::forward_front(Piece& piece)
{
    std::string_view data = std::string_view(piece.data).substr(piece.done);
    for (const auto& place : {cut_place_, stall_place_}) {
        if (place) {
            data = data.substr(0, *place - forwarded_);
        }
    }
    if (to_->write({&data, 1})) {
        finish(End::broken);
        return false;
    }
    way_->counters.forwarded.add(data.size());
    forwarded_ += data.size();
    piece.done += data.size();
    waiting_ -= data.size();
    if (to_->must_wait()) {
        writing_ = true;
        to_->async_drain(std::nullopt, [self = shared_from_this()](const net::error_code& error) {
            self->writing_ = false;
            if (error) {
                self->finish(End::broken);
            } else {
                self->proceed();
            }
        });
    }
    return piece.done == piece.data.size();
}

void StreamPath::end_stream()
{
    writing_ = true;
    to_->async_shutdown(std::nullopt, [self = shared_from_this()](const net::error_code& error) {
        self->finish(error ? End::broken : End::in_order);
    });
}

void StreamPath::cut()
{
    writing_ = true;
    to_->async_flush(cut_patience,
                     [self = shared_from_this()](const net::error_code& /*error*/) { self->finish(End::cut); });
}

void StreamPath::begin_stall()
{
    ++way_->counters.stalls;
    stalled_until_ = from_->loop().now() + way_->faults.stall;
}

void StreamPath::reset_places()
{
    const StreamFaults& faults = way_->faults;
    cut_place_ = faults.cut_after ? std::optional(forwarded_ + *faults.cut_after) : std::nullopt;
    stall_place_ = faults.stall_after ? std::optional(forwarded_ + *faults.stall_after) : draw_stall_place();
    stalled_until_ = {};
    stall_timer_.cancel();
    if (faults.stall_at) {
        stall_timer_.expires_after(*faults.stall_at, [self = weak_from_this()] {
            if (const auto path = self.lock()) {
                path->begin_stall();
            }
        });
    }
}

// The distance of events that are equally likely everywhere is distributed exponentially.
std::optional<std::uint64_t> StreamPath::draw_stall_place()
{
    const auto& every = way_->faults.stall_every;
    if (!every) {
        return std::nullopt;
    }
    const double distance = -std::log1p(-places_.uniform()) * static_cast<double>(*every);
    return forwarded_ + 1 + static_cast<std::uint64_t>(distance);
}

void StreamPath::finish(End end)
{
    if (!stopped()) {
        const auto on_end = std::move(on_end_);
        stop();
        on_end(end);
    }
}

}  // namespace moonwire::impair
