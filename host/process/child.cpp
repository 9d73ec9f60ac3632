#include "host/process/child.hpp"

#include "host/net/descriptor_stream.hpp"
#include "host/process/group.hpp"
#include "host/process/signal_name.hpp"

#include <sys/wait.h>
#include <algorithm>
#include <cerrno>
#include <csignal>
#include <utility>

namespace moonwire::process {

namespace {

// The system does not tell when a process group has become empty.
constexpr std::chrono::milliseconds look_interval{10};

// A killed program that the system does not let go of is killed again.
constexpr std::chrono::seconds kill_interval{1};

net::error_code last_error()
{
    return {errno, boost::system::system_category()};
}

Exit exit_of(const siginfo_t& info)
{
    return info.si_code == CLD_EXITED ? Exit{info.si_status, 0} : Exit{0, info.si_status};
}

}  // namespace

net::Result<std::shared_ptr<Child>> Child::start(loop::Loop& loop, const StartRequest& request)
{
    auto started = start_program(request);
    if (!started) {
        return started.error();
    }
    return std::make_shared<Child>(loop, std::move(*started), request.program);
}

Child::Child(loop::Loop& loop, Started started, std::string program)
    : loop_(loop),
      pid_(started.pid),
      handle_(std::move(started.handle)),
      description_(std::move(program) + " (pid " + std::to_string(pid_) + ")"),
      object_(loop.new_object()),
      kill_timer_(loop),
      look_timer_(loop),
      real_time_(loop)
{
    static constexpr const char* names[] = {"standard input of ", "standard output of ", "standard error of "};
    tell({.kind = observe::Kind::opened, .text = description_});
    for (std::size_t i = 0; i < streams_.size(); ++i) {
        if (net::Descriptor& pipe = started.pipes.at(i)) {
            const observe::ObjectId object = loop.new_object();
            const std::string name = names[i] + description_;
            streams_.at(i) = std::make_shared<net::DescriptorStream>(loop, pipe.get(), name, object);
            pipe.release();
            tell({.kind = observe::Kind::opened,
                  .layer = observe::Layer::pipe,
                  .object = object,
                  .owner = object_,
                  .text = name});
        }
    }
    loop.poller().add(handle_.get(), *this, EPOLLIN);
}

Child::~Child()
{
    kill_and_reap();
}

void Child::ready(std::uint32_t /*events*/)
{
    siginfo_t info{};
    const int result = ::waitid(P_PIDFD, static_cast<id_t>(handle_.get()), &info, WEXITED | WNOHANG);
    if (result == 0 && info.si_pid == 0) {
        return;
    }
    const net::error_code error = result == 0 ? net::error_code() : last_error();
    const auto keep_alive = shared_from_this();
    ended(result == 0 ? exit_of(info) : Exit{}, error);
    if (error) {
        all_ended();  // reaped by somebody else: the number may be another's by now
    } else {
        look_after_group();
        finish_waiters();
    }
}

void Child::tell(observe::Event event) const
{
    if (observe::Observers* observers = loop_.observed()) {
        event.layer = event.object != 0 ? event.layer : observe::Layer::process;
        event.object = event.object != 0 ? event.object : object_;
        observers->tell(event);
    }
}

void Child::tell_ended(const Exit& exit, const net::error_code& error) const
{
    if (loop_.observed() == nullptr) {
        return;
    }
    const std::string how = error              ? net::reason(error)
                            : exit.signal != 0 ? "ended by " + signal_name(exit.signal)
                                               : "exit status " + std::to_string(exit.code);
    const auto cause = error                    ? observe::Cause::error
                       : kill_at_ || all_ended_ ? observe::Cause::us
                                                : observe::Cause::peer;
    tell({.kind = observe::Kind::closed, .cause = cause, .text = how});
}

void Child::ended(const Exit& exit, const net::error_code& error)
{
    tell_ended(exit, error);
    loop_.poller().remove(handle_.get());
    handle_ = {};
    exit_ = exit;
    exit_error_ = error;
}

// The program's number stays its group's as long as somebody is in it. When nobody is, it is another's only after all
// other numbers have had their turn, and by then nothing is sent to it any more.
void Child::look_after_group()
{
    if (killed_ || !group_runs(pid_)) {
        all_ended();
        return;
    }
    terminate(grace);
    look_timer_.expires_after(look_interval, [self = shared_from_this()] { self->look_after_group(); });
}

void Child::all_ended()
{
    const auto keep_alive = shared_from_this();
    all_ended_ = true;
    kill_timer_.cancel();
    look_timer_.cancel();
    real_time_.reset();
    terminating_.reset();
    finish_waiters();
}

net::error_code Child::signal(int number)
{
    // Once the program has ended, its group is nobody's business but this one's.
    if (exit_) {
        return {ESRCH, boost::system::system_category()};
    }
    return ::kill(-pid_, number) == 0 ? net::error_code() : last_error();
}

void Child::terminate(observe::Duration grace_left)
{
    if (all_ended_) {
        return;
    }
    const auto deadline = loop_.now() + grace_left;
    if (!kill_at_) {
        terminating_.emplace(loop_);
        ::kill(-pid_, SIGTERM);
        ::kill(-pid_, SIGCONT);  // one that is stopped would not hear of it
    }
    if (!kill_at_ || deadline < *kill_at_) {
        kill_at_ = deadline;
        kill_timer_.expires_at(deadline, [self = shared_from_this()] { self->kill(); });
    }
}

void Child::kill()
{
    killed_ = true;
    if (::kill(-pid_, SIGKILL) != 0 && errno == EPERM && !exit_) {
        ended({}, last_error());  // it has become another user's: nothing more can be done about it
    }
    if (exit_) {
        all_ended();
    } else {
        kill_timer_.expires_after(kill_interval, [self = shared_from_this()] { self->kill(); });
    }
}

void Child::kill_and_reap()
{
    if (all_ended_) {
        return;
    }
    all_ended_ = true;
    const bool permitted = ::kill(-pid_, SIGKILL) == 0 || errno != EPERM;
    if (exit_) {
        return;
    }
    siginfo_t info{};
    while (permitted && ::waitid(P_PIDFD, static_cast<id_t>(handle_.get()), &info, WEXITED) != 0 && errno == EINTR) {
    }
    ended(exit_of(info), {});
}

void Child::given_up()
{
    const auto keep_alive = shared_from_this();
    kill_and_reap();
    const std::list<Waiter> waiters = std::move(waiters_);
}

Child::Waiter& Child::add_waiter(bool all, WaitHandler handler)
{
    if (all ? all_ended_ : exit_.has_value()) {
        loop_.post([self = shared_from_this()] { self->finish_waiters(); });
    }
    return waiters_.emplace_back(loop_, next_waiter_++, all, std::move(handler));
}

std::uint64_t Child::async_wait(std::optional<observe::Duration> timeout, WaitHandler handler)
{
    Waiter& waiter = add_waiter(false, std::move(handler));
    if (timeout) {
        waiter.timer.expires_after(*timeout, [this, id = waiter.id] { finish_waiter(id, net::errc::timeout); });
    }
    return waiter.id;
}

std::uint64_t Child::async_terminate(observe::Duration grace_left, WaitHandler handler)
{
    terminate(grace_left);
    return add_waiter(true, std::move(handler)).id;
}

void Child::cancel_wait(std::uint64_t waiter)
{
    loop_.post([self = shared_from_this(), waiter] { self->finish_waiter(waiter, net::errc::cancelled); });
}

void Child::finish_waiters()
{
    const auto keep_alive = shared_from_this();
    // A handler may add and take away: look for one at a time.
    for (;;) {
        const auto done = std::find_if(waiters_.begin(), waiters_.end(),
                                       [this](const Waiter& waiter) { return waiter.all ? all_ended_ : !running(); });
        if (done == waiters_.end()) {
            return;
        }
        finish_waiter(done->id, exit_error_);
    }
}

void Child::finish_waiter(std::uint64_t id, const net::error_code& error)
{
    const auto waiter =
        std::find_if(waiters_.begin(), waiters_.end(), [id](const Waiter& entry) { return entry.id == id; });
    if (waiter == waiters_.end()) {
        return;
    }
    const auto keep_alive = shared_from_this();
    WaitHandler handler = std::move(waiter->handler);
    waiters_.erase(waiter);
    handler(error, exit_.value_or(Exit{}));
}

}  // namespace moonwire::process
