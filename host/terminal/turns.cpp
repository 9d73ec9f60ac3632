#include "host/terminal/turns.hpp"

#include <csignal>

namespace moonwire::terminal {

namespace {

/// While one lives, threads that are started get no signals: those are the caller's.
class SignalsBlocked
{
public:
    SignalsBlocked()
    {
        sigset_t all;
        sigfillset(&all);
        ::pthread_sigmask(SIG_SETMASK, &all, &before_);
    }
    ~SignalsBlocked() { ::pthread_sigmask(SIG_SETMASK, &before_, nullptr); }
    SignalsBlocked(const SignalsBlocked&) = delete;
    SignalsBlocked& operator=(const SignalsBlocked&) = delete;

private:
    sigset_t before_;
};

}  // namespace

void Turns::begin(std::function<void()> function)
{
    const SignalsBlocked blocked;
    thread_ = std::thread([this, function = std::move(function)] {
        function();
        callers_turn_.release();
    });
    answer();
}

void Turns::resume()
{
    functions_turn_.release();
    answer();
}

void Turns::answer()
{
    callers_turn_.acquire();
    while (question_) {
        std::exchange(question_, nullptr)();
        functions_turn_.release();
        callers_turn_.acquire();
    }
}

void Turns::pause()
{
    callers_turn_.release();
    functions_turn_.acquire();
}

}  // namespace moonwire::terminal
