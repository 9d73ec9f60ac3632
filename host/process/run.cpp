#include "host/process/run.hpp"

#include <unistd.h>
#include <array>
#include <string_view>
#include <utility>

namespace moonwire::process {

namespace {

using net::ReadRequest;
using net::Stream;

constexpr std::array<std::size_t, 2> outputs{STDOUT_FILENO, STDERR_FILENO};

class Run final : public net::Operation, public std::enable_shared_from_this<Run>
{
public:
    Run(loop::Loop& loop, RunRequest request, RunHandler handler)
        : loop_(loop), request_(std::move(request)), handler_(std::move(handler)), timer_(loop)
    {
    }

    void start()
    {
        auto child = Child::start(loop_, request_.start);
        if (!child) {
            failure_ = child.error();
            loop_.post([self = shared_from_this()] { self->finish(); });
            return;
        }
        child_ = std::move(*child);
        child_->grace = request_.grace;
        if (request_.timeout) {
            timer_.expires_after(*request_.timeout, [self = shared_from_this()] {
                self->stop({net::errc::timeout, "run " + self->child_->description() + ": timed out"});
            });
        }
        feed();
        for (const std::size_t number : outputs) {
            collect(number);
        }
        child_->async_wait(std::nullopt, [self = shared_from_this()](const net::error_code& error, const Exit& exit) {
            self->ended(error, exit);
        });
    }

    void cancel() override
    {
        if (child_) {
            stop({net::errc::cancelled, "run " + child_->description() + ": cancelled"});
        }
    }

private:
    // What the program does not read is not its caller's failure.
    void feed()
    {
        if (const auto& input = child_->stream(STDIN_FILENO)) {
            const std::string_view text = request_.input;
            input->write({&text, 1});
            input->async_shutdown(std::nullopt, [](const net::error_code&) {});
        }
    }

    void collect(std::size_t number)
    {
        if (const auto& stream = child_->stream(number)) {
            ++open_;
            const ReadRequest everything{ReadRequest::Kind::all, request_.max_output, {}};
            stream->async_read(everything, std::nullopt,
                               [self = shared_from_this(), number](const net::ReadResult& result) {
                                   self->collected(number, result);
                               });
        }
    }

    void collected(std::size_t number, const net::ReadResult& result)
    {
        if (!handler_) {
            return;
        }
        if (result.error == net::errc::too_long) {
            stop({result.error, "run " + child_->description() + ": it wrote more than " +
                                    std::to_string(request_.max_output) + " bytes to its standard " +
                                    (number == STDOUT_FILENO ? "output" : "error") + " (max_output)"});
            return;
        }
        text_of(number) = result.data;
        --open_;
        finish_if_done();
    }

    void ended(const net::error_code& error, const Exit& exit)
    {
        if (stopping_ || !handler_) {
            return;
        }
        result_.exit = exit;
        ended_ = true;
        if (error) {
            failure_ = {error, "run " + child_->description() + ": " + net::reason(error)};
        }
        timer_.expires_after(request_.grace, [self = shared_from_this()] { self->finish(); });
        finish_if_done();
    }

    void finish_if_done()
    {
        if (ended_ && open_ == 0) {
            finish();
        }
    }

    void stop(net::Failure why)
    {
        if (stopping_ || !handler_) {
            return;
        }
        stopping_ = true;
        failure_ = std::move(why);
        child_->async_terminate(request_.grace, [self = shared_from_this()](const net::error_code&, const Exit& exit) {
            self->result_.exit = exit;
            self->finish();
        });
    }

    void finish()
    {
        if (!handler_) {
            return;
        }
        const auto keep_alive = shared_from_this();
        RunHandler handler = std::move(handler_);
        timer_.cancel();
        if (child_) {
            for (const std::size_t number : outputs) {
                take_arrived(number);
            }
            if (const auto& input = child_->stream(STDIN_FILENO)) {
                input->abort();
            }
        }
        handler(std::move(failure_), std::move(result_));
    }

    /// Of an output that has not ended by itself.
    void take_arrived(std::size_t number)
    {
        const auto& stream = child_->stream(number);
        if (!stream) {
            return;
        }
        stream->cancel_read();
        if (const auto arrived = stream->try_read({ReadRequest::Kind::some, request_.max_output, {}});
            arrived && !arrived->error) {
            text_of(number) = arrived->data;
        }
        stream->abort();
    }

    std::string& text_of(std::size_t number) { return number == STDOUT_FILENO ? result_.output : result_.error_output; }

    loop::Loop& loop_;
    RunRequest request_;
    RunHandler handler_;
    loop::Timer timer_;
    std::shared_ptr<Child> child_;
    int open_ = 0;  // outputs that have not ended
    bool ended_ = false;
    bool stopping_ = false;
    net::Failure failure_;
    RunResult result_;
};

}  // namespace

std::shared_ptr<net::Operation> async_run(loop::Loop& loop, RunRequest request, RunHandler handler)
{
    auto run = std::make_shared<Run>(loop, std::move(request), std::move(handler));
    run->start();
    return run;
}

}  // namespace moonwire::process
