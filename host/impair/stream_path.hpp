#pragma once

#include "host/impair/counters.hpp"
#include "host/impair/faults.hpp"
#include "host/loop/timer.hpp"
#include "host/net/stream.hpp"
#include "host/observe/random.hpp"

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>

namespace moonwire::impair {

/// What all connections' paths of one way have in common.
struct StreamWay {
    StreamFaults faults;
    StreamCounters counters;
};

/// One way of a relayed connection: what `from` receives goes to `to`, late and with stalls, up to the cut. Where the
/// stalls are is drawn in bytes, so that it does not depend on how the bytes happen to arrive.
///
/// Reads on only while less than `most_waiting` waits. Held by shared_ptr, used on the loop's thread; what waits for
/// its streams keeps it alive.
class StreamPath : public std::enable_shared_from_this<StreamPath>
{
public:
    static constexpr std::size_t most_waiting = 1 << 20;

    enum class End {
        in_order,  ///< all has been forwarded, the end of the stream, too
        broken,    ///< one of the two streams was broken off
        cut,       ///< the faults say so
    };

    StreamPath(std::shared_ptr<net::Stream> from, std::shared_ptr<net::Stream> to, std::shared_ptr<StreamWay> way,
               const observe::Random& random);

    /// Tells the end, once; never from within.
    void start(std::function<void(End)> on_end);

    /// The faults of the way are others: bytes and times count from here.
    void faults_changed();

    /// Nothing more is forwarded or told.
    void stop();

private:
    struct Piece {
        observe::TimePoint due;
        std::string data;
        std::size_t done = 0;
        bool end = false;  // of the stream
    };

    void proceed();
    void read();
    void take(const net::ReadResult& result);
    void add(std::string_view data, bool end);
    void forward();
    bool forward_front(Piece& piece);
    void end_stream();
    void cut();
    void begin_stall();
    void reset_places();
    std::optional<std::uint64_t> draw_stall_place();
    void finish(End end);
    bool stopped() const { return !on_end_; }

    std::shared_ptr<net::Stream> from_;
    std::shared_ptr<net::Stream> to_;
    std::shared_ptr<StreamWay> way_;
    observe::Random jitter_;  // drawn for each read; the places of the stalls must not depend on that
    observe::Random places_;
    std::function<void(End)> on_end_;

    std::deque<Piece> pieces_;
    std::size_t waiting_ = 0;  // bytes in them
    bool reading_ = false;
    bool input_ended_ = false;
    bool writing_ = false;  // waits for the reader of `to`
    std::uint64_t forwarded_ = 0;
    std::optional<std::uint64_t> cut_place_;  // these count as forwarded_ does
    std::optional<std::uint64_t> stall_place_;
    observe::TimePoint stalled_until_{};
    loop::Timer next_;         // for the front piece, or the end of a stall
    loop::Timer stall_timer_;  // its beginning
};

}  // namespace moonwire::impair
