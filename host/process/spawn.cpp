#include "host/process/spawn.hpp"

#include <linux/close_range.h>
#include <sys/prctl.h>
#include <unistd.h>
#include <cerrno>
#include <csignal>

namespace moonwire::process {

namespace {

[[noreturn]] void give_up(const Plan& plan, Step step, int error)
{
    const Report report{step, error};
    [[maybe_unused]] const auto written = ::write(plan.report, &report, sizeof report);
    ::_exit(127);
}

void reset_signals()
{
    struct sigaction action = {};
    action.sa_handler = SIG_DFL;
    for (int signal = 1; signal < NSIG; ++signal) {
        ::sigaction(signal, &action, nullptr);
    }
    sigset_t none;
    sigemptyset(&none);
    ::sigprocmask(SIG_SETMASK, &none, nullptr);
}

/// Goes through the paths as execvp(3) does, except that nothing is handed to a shell. Returns what it failed with.
int execute(const Plan& plan)
{
    int failed = ENOENT;
    for (char* const* path = plan.paths; *path != nullptr; ++path) {
        ::execve(*path, plan.arguments, plan.environment);
        if (errno == EACCES) {
            failed = EACCES;  // the same name in a later folder may do
        } else if (errno != ENOENT && errno != ENOTDIR) {
            return errno;
        }
    }
    return failed;
}

[[noreturn]] void become_program(const Plan& plan)
{
    ::setsid();
    if (::prctl(PR_SET_PDEATHSIG, SIGKILL) != 0) {
        give_up(plan, Step::prepare, errno);
    }
    if (::getppid() != plan.parent) {  // it was gone before the promise was made
        ::_exit(127);
    }
    if (plan.directory != nullptr && ::chdir(plan.directory) != 0) {
        give_up(plan, Step::directory, errno);
    }
    for (int target = 0; target < 3; ++target) {
        if (::dup2(plan.streams[static_cast<std::size_t>(target)], target) < 0) {
            give_up(plan, Step::prepare, errno);
        }
    }
    if (::close_range(3, ~0U, CLOSE_RANGE_CLOEXEC) != 0) {
        give_up(plan, Step::prepare, errno);
    }
    reset_signals();
    give_up(plan, Step::program, execute(plan));
}

/// While it lives no signal is handled in this thread, nor in a child before it has reset its dispositions.
class BlockedSignals
{
public:
    BlockedSignals()
    {
        sigset_t all;
        sigfillset(&all);
        ::pthread_sigmask(SIG_SETMASK, &all, &before_);
    }
    ~BlockedSignals() { ::pthread_sigmask(SIG_SETMASK, &before_, nullptr); }
    BlockedSignals(const BlockedSignals&) = delete;
    BlockedSignals& operator=(const BlockedSignals&) = delete;

private:
    sigset_t before_;
};

}  // namespace

pid_t spawn(const Plan& plan)
{
    const BlockedSignals blocked;
    const pid_t pid = ::vfork();
    if (pid == 0) {
        become_program(plan);
    }
    return pid;
}

}  // namespace moonwire::process
