#include "host/http/read_message.hpp"

#include "host/http/events.hpp"

#include <algorithm>
#include <optional>
#include <string_view>
#include <type_traits>
#include <utility>

namespace moonwire::http {

namespace {

constexpr std::size_t chunk_size = 64 * 1024;

// So many chunks that were there already are taken before others get their turn.
constexpr int rounds_a_turn = 16;

template <bool is_request>
class Reading final : public net::Operation, public std::enable_shared_from_this<Reading<is_request>>
{
public:
    using Options = std::conditional_t<is_request, RequestOptions, ResponseOptions>;
    using ReadHandler = loop::Handler<void(Read<is_request>)>;

    Reading(std::shared_ptr<net::Stream> stream, const Options& options, ReadHandler handler)
        : stream_(std::move(stream)), options_(options), handler_(std::move(handler))
    {
        begin_message();
        begin_http(*stream_);
        if constexpr (is_request) {
            set_time(options.idle_timeout);
        } else {
            set_time(options.timeout);
        }
    }

    void start()
    {
        stream_->loop().post([self = this->shared_from_this()] { self->take_available(); });
    }

    void cancel() override
    {
        if (handler_ && !cancelled_) {
            cancelled_ = true;
            if (reading_) {
                stream_->cancel_read();
            }  // otherwise a turn of its own is posted, and will notice
        }
    }

private:
    void begin_message()
    {
        parser_.emplace(options_.limits);
        if constexpr (!is_request) {
            if (options_.to_head) {
                parser_->no_body();
            }
        }
    }

    void set_time(Duration time) { deadline_ = stream_->loop().now() + time; }

    void take_available()
    {
        const net::ReadRequest request{net::ReadRequest::Kind::some, chunk_size, {}};
        for (int round = 0; round < rounds_a_turn; ++round) {
            if (cancelled_ || stream_->closed()) {
                fail(cancelled_ ? net::errc::cancelled : net::errc::closed);
                return;
            }
            const auto result = stream_->try_read(request);
            if (!result) {
                read(request);
                return;
            }
            if (!take(*result)) {
                return;
            }
        }
        start();
    }

    void read(const net::ReadRequest& request)
    {
        reading_ = true;
        const Duration left = std::max(deadline_ - stream_->loop().now(), Duration::zero());
        stream_->async_read(request, left, [self = this->shared_from_this()](const net::ReadResult& result) {
            self->reading_ = false;
            if (self->take(result)) {
                self->take_available();
            }
        });
    }

    /// Whether there is more to be read.
    bool take(const net::ReadResult& result)
    {
        if (result.error == net::errc::closed && !stream_->closed() && parser_->begun()) {
            parser_->end();
            return !finish_message();
        }
        if (result.error) {
            fail(result.error);
            return false;
        }
        const bool had_begun = parser_->begun();
        const bool had_head = parser_->head_done();
        const std::string_view left = parser_->feed(result.data);
        if (parser_->done()) {
            stream_->unread(left);
        }
        if (finish_message()) {
            return false;
        }
        if constexpr (is_request) {
            go_on(had_begun, had_head);
        }
        return true;
    }

    void go_on(bool had_begun, bool had_head)
    {
        if (!had_begun) {
            set_time(options_.head_timeout);
        }
        if (!had_head && parser_->head_done()) {
            set_time(options_.body_timeout);
            if (parser_->expects_continue() && parser_->message().body.empty()) {
                constexpr std::string_view go_ahead = "HTTP/1.1 100 Continue\r\n\r\n";
                stream_->write({&go_ahead, 1});  // a failure comes back with the answer
            }
        }
    }

    bool finish_message()
    {
        if (const Problem* problem = parser_->problem()) {
            finish({{problem->error, problem->why}, problem->status, true, {}});
            return true;
        }
        if (!parser_->done()) {
            return false;
        }
        if constexpr (!is_request) {
            const unsigned status = parser_->message().head.result_int();
            if (status / 100 == 1 && status != 101) {
                begin_message();
                return false;
            }
        }
        tell_received(*stream_, parser_->message());
        finish({{}, 0, true, std::move(parser_->message())});
        return true;
    }

    void fail(const error_code& error)
    {
        const bool begun = parser_->begun();
        const bool too_slow = is_request && begun && error == net::errc::timeout;
        finish({{error, net::reason(error)}, too_slow ? 408U : 0U, begun, {}});
    }

    void finish(Read<is_request> read)
    {
        if (handler_) {
            handler_(std::move(read));
        }
    }

    std::shared_ptr<net::Stream> stream_;
    Options options_;
    ReadHandler handler_;
    std::optional<Parser<is_request>> parser_;
    observe::TimePoint deadline_;
    bool reading_ = false;
    bool cancelled_ = false;
};

template <bool is_request, class Options, class ReadHandler>
std::shared_ptr<net::Operation> start_reading(std::shared_ptr<net::Stream> stream, const Options& options,
                                              ReadHandler handler)
{
    auto reading = std::make_shared<Reading<is_request>>(std::move(stream), options, std::move(handler));
    reading->start();
    return reading;
}

}  // namespace

std::shared_ptr<net::Operation> async_read_request(std::shared_ptr<net::Stream> stream, const RequestOptions& options,
                                                   RequestHandler handler)
{
    return start_reading<true>(std::move(stream), options, std::move(handler));
}

std::shared_ptr<net::Operation> async_read_response(std::shared_ptr<net::Stream> stream, const ResponseOptions& options,
                                                    ResponseHandler handler)
{
    return start_reading<false>(std::move(stream), options, std::move(handler));
}

}  // namespace moonwire::http
