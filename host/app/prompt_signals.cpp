#include "host/app/prompt_signals.hpp"

#include "host/app/exit_status.hpp"

#include <fcntl.h>
#include <unistd.h>
#include <cerrno>
#include <csignal>
#include <iterator>
#include <system_error>

namespace moonwire::app {

namespace {

Engine* interrupted_engine = nullptr;
volatile std::sig_atomic_t ending = 0;
int wake_up[2] = {-1, -1};  // a pipe with a byte for each signal

void on_signal(int signal)
{
    if (ending != 0 && signal != SIGWINCH) {
        ::_exit(interrupted);
    }
    if (signal != SIGINT) {
        const auto number = static_cast<unsigned char>(signal);
        [[maybe_unused]] const auto written = ::write(wake_up[1], &number, 1);
    }
    if (signal == SIGINT || signal == SIGTERM || signal == SIGHUP) {
        interrupted_engine->interrupt();
    }
}

void set_handler(int signal, void (*handler)(int))
{
    struct sigaction action = {};
    action.sa_handler = handler;
    action.sa_flags = SA_RESTART;
    ::sigaction(signal, &action, nullptr);
}

constexpr int caught[] = {SIGINT, SIGTERM, SIGHUP, SIGWINCH};

}  // namespace

PromptSignals::PromptSignals(Engine& engine, std::function<void(Signal)> handler)
    : engine_(engine), handler_(std::move(handler))
{
    if (::pipe2(wake_up, O_CLOEXEC | O_NONBLOCK) != 0) {
        throw std::system_error(errno, std::generic_category(), "a pipe for signals");
    }
    interrupted_engine = &engine;
    ending = 0;
    engine_.watch(wake_up[0], [this] { take(); });
    set_handler(SIGPIPE, SIG_IGN);
    for (const int signal : caught) {
        set_handler(signal, on_signal);
    }
}

PromptSignals::~PromptSignals()
{
    for (const int signal : caught) {
        set_handler(signal, SIG_DFL);
    }
    set_handler(SIGTSTP, SIG_DFL);
    engine_.unwatch(wake_up[0]);
    ::close(wake_up[0]);
    ::close(wake_up[1]);
}

void PromptSignals::catch_stop(bool caught_from_now)
{
    set_handler(SIGTSTP, caught_from_now ? on_signal : SIG_DFL);
}

void PromptSignals::stop_process()
{
    catch_stop(false);
    ::raise(SIGTSTP);
    catch_stop(true);
}

void PromptSignals::begin_end()
{
    ending = 1;
}

void PromptSignals::take()
{
    unsigned char numbers[64];
    const ssize_t size = ::read(wake_up[0], numbers, sizeof numbers);
    for (ssize_t i = 0; i < size; ++i) {
        switch (numbers[i]) {
        case SIGWINCH:
            handler_(Signal::resized);
            break;
        case SIGTSTP:
            handler_(Signal::stop);
            break;
        default:
            handler_(Signal::leave);
        }
    }
}

}  // namespace moonwire::app
