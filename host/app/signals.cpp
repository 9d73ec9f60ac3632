#include "host/app/signals.hpp"

#include "host/app/exit_status.hpp"

#include <unistd.h>
#include <csignal>

namespace moonwire::app {

namespace {

Engine* interrupted_engine = nullptr;
volatile std::sig_atomic_t seen = 0;

void on_signal(int)
{
    if (seen != 0) {
        ::_exit(interrupted);
    }
    seen = 1;
    interrupted_engine->interrupt();
}

void set_handler(int signal, void (*handler)(int))
{
    struct sigaction action = {};
    action.sa_handler = handler;
    ::sigaction(signal, &action, nullptr);
}

}  // namespace

Signals::Signals(Engine& engine)
{
    interrupted_engine = &engine;
    seen = 0;
    // A write to a connection that the peer has closed is an error of that connection.
    set_handler(SIGPIPE, SIG_IGN);
    // Whoever ignores this one (it may have been inherited so) never learns how a child has ended.
    set_handler(SIGCHLD, SIG_DFL);
    set_handler(SIGINT, on_signal);
    set_handler(SIGTERM, on_signal);
}

Signals::~Signals()
{
    set_handler(SIGINT, SIG_DFL);
    set_handler(SIGTERM, SIG_DFL);
}

}  // namespace moonwire::app
