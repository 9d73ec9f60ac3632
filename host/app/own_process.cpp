#include "host/app/own_process.hpp"

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <unistd.h>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <system_error>

namespace moonwire::app {

namespace {

[[noreturn]] void fail(const char* what)
{
    throw std::system_error(errno, std::generic_category(), what);
}

sigset_t ending_signals()
{
    sigset_t set;
    ::sigemptyset(&set);
    ::sigaddset(&set, SIGINT);
    ::sigaddset(&set, SIGTERM);
    return set;
}

void unblock_ending_signals()
{
    const sigset_t set = ending_signals();
    ::sigprocmask(SIG_UNBLOCK, &set, nullptr);
}

}  // namespace

EndingSignals::EndingSignals()
{
    const sigset_t set = ending_signals();
    descriptor_ = ::signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
    if (descriptor_ < 0) {
        fail("cannot wait for signals");
    }
    ::sigprocmask(SIG_BLOCK, &set, nullptr);
}

EndingSignals::~EndingSignals()
{
    ::close(descriptor_);
    unblock_ending_signals();
}

std::optional<EndingSignals::From> EndingSignals::take() const
{
    signalfd_siginfo info{};
    if (::read(descriptor_, &info, sizeof info) != static_cast<ssize_t>(sizeof info)) {
        return std::nullopt;
    }
    return info.ssi_code == SI_KERNEL ? From::terminal : From::process;
}

OwnProcess start_own_process(const std::function<int(int output)>& play)
{
    // Whoever ignores this one (it may have been inherited so) never learns how a process has ended.
    std::signal(SIGCHLD, SIG_DFL);
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC) != 0) {
        fail("cannot start a run");
    }
    const pid_t id = ::fork();
    if (id == 0) {
        ::prctl(PR_SET_PDEATHSIG, SIGKILL);
        ::close(ends[0]);
        unblock_ending_signals();
        ::_exit(play(ends[1]));
    }
    ::close(ends[1]);
    if (id < 0) {
        ::close(ends[0]);
        fail("cannot start a run");
    }
    return {id, ends[0]};
}

}  // namespace moonwire::app
