// How a signal handler gets at scripts that run, or wait. A count hook is called at the next Lua instruction; an
// eventfd wakes the loop if nothing runs.
#include "host/script/error.hpp"
#include "host/script/scheduler.hpp"
#include "host/script/vm.hpp"

#include <boost/asio/posix/stream_descriptor.hpp>

#include <sys/eventfd.h>
#include <unistd.h>
#include <csignal>
#include <stdexcept>
#include <string_view>

namespace moonwire::script {

namespace {

// Instructions that a task may go on for when an interrupt is not for the whole run, before it counts as one that does
// not let others run: some ten milliseconds.
constexpr int instructions_to_go_on = 1000000;

}  // namespace

struct Scheduler::WakeUp {
    explicit WakeUp(boost::asio::io_context& context) : event(context, make()) {}

    static int make()
    {
        const int descriptor = ::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
        if (descriptor < 0) {
            throw std::runtime_error("cannot create an eventfd: out of file descriptors?");
        }
        return descriptor;
    }

    boost::asio::posix::basic_stream_descriptor<boost::asio::io_context::executor_type> event;
};

Scheduler::Scheduler(Vm& vm, bool interruptible)
    : vm_(vm), interruptible_(interruptible), wake_up_(std::make_unique<WakeUp>(vm.services().loop.context()))
{
    watch_wake_up();
}

Scheduler::~Scheduler() = default;

void Scheduler::interrupt() noexcept
{
    interrupted_ = true;
    lua_sethook(vm_.state(), on_interrupt_ ? interrupt_one_hook : interrupt_hook, LUA_MASKCOUNT, 1);
    if (interruptible_) {
        // LuaJIT's profiler makes compiled code look for its signal once a line: that gets us out of a compiled loop
        // and back to where hooks are called.
        ::raise(SIGPROF);
    }
    const std::uint64_t one = 1;
    [[maybe_unused]] const auto written = ::write(wake_up_->event.native_handle(), &one, sizeof one);
}

// No compiled code from here on, which would not come back to a hook.
void Scheduler::stop_compiling(lua_State* L)
{
    luaJIT_setmode(L, 0, LUAJIT_MODE_ENGINE | LUAJIT_MODE_OFF);
    luaJIT_setmode(L, 0, LUAJIT_MODE_ENGINE | LUAJIT_MODE_FLUSH);
}

// `while true do pcall(f) end` catches the error, so there is another one at the next instruction, behind the pcall.
void Scheduler::raise_interrupted(lua_State* L, lua_Debug* activation)
{
    lua_getinfo(L, "S", activation);
    if (std::string_view(activation->short_src) != "[moonwire]") {
        current_->cancel_requested_ = true;
        push_error(L, "cancelled", "interrupted");
        lua_error(L);
    }
}

void Scheduler::interrupt_hook(lua_State* L, lua_Debug* activation)
{
    Scheduler& scheduler = of(L);
    if (scheduler.interrupted_) {
        scheduler.take_interrupt();
        scheduler.stop_compiling(L);  // until the run is over
    }
    Task* task = scheduler.current_;
    if (task == nullptr || task->shielded_) {
        lua_sethook(L, interrupt_hook, LUA_MASKCOUNT, 1000);
        return;
    }
    lua_sethook(L, interrupt_hook, LUA_MASKCOUNT, 1);
    scheduler.raise_interrupted(L, activation);
}

// The task that runs may be in the midst of a short piece of work, and none of the interrupt's business. It gets its
// chance to come to a wait: then `take_interrupt` is called by the loop.
void Scheduler::interrupt_one_hook(lua_State* L, lua_Debug* activation)
{
    Scheduler& scheduler = of(L);
    if (!scheduler.watching_task_) {
        scheduler.watching_task_ = true;
        scheduler.stop_compiling(L);
        lua_sethook(L, interrupt_one_hook, LUA_MASKCOUNT, instructions_to_go_on);
        return;
    }
    const Task* task = scheduler.current_;
    if (scheduler.interrupted_.exchange(false) && task != nullptr && !task->hands_over_) {
        scheduler.vm_.services().diagnostics("interrupted: a task that did not let others run, started at " +
                                             task->started_at() + "\n");
    }
    if (task != nullptr) {
        lua_sethook(L, interrupt_one_hook, LUA_MASKCOUNT, 1);
        scheduler.raise_interrupted(L, activation);
    }
}

// A task has let others run: the end of what interrupt_one_hook has begun.
void Scheduler::end_interrupted_run()
{
    if (watching_task_) {
        watching_task_ = false;
        lua_sethook(vm_.state(), nullptr, 0, 0);
        luaJIT_setmode(vm_.state(), 0, LUAJIT_MODE_ENGINE | LUAJIT_MODE_ON);
    }
}

void Scheduler::forget_interrupt()
{
    if (was_interrupted_) {
        was_interrupted_ = false;
        lua_sethook(vm_.state(), nullptr, 0, 0);
        luaJIT_setmode(vm_.state(), 0, LUAJIT_MODE_ENGINE | LUAJIT_MODE_ON);
    }
}

void Scheduler::take_interrupt()
{
    interrupted_ = false;
    lua_sethook(vm_.state(), nullptr, 0, 0);
    if (on_interrupt_) {
        on_interrupt_();
        return;
    }
    was_interrupted_ = true;
    if (root_ != nullptr) {
        cancel(*root_);
    }
}

void Scheduler::watch_wake_up()
{
    wake_up_->event.async_wait(
        boost::asio::posix::descriptor_base::wait_read, [this](const boost::system::error_code& error) {
            if (error) {
                return;
            }
            std::uint64_t count = 0;
            [[maybe_unused]] const auto size = ::read(wake_up_->event.native_handle(), &count, sizeof count);
            if (interrupted_) {
                take_interrupt();
            }
            watch_wake_up();
        });
}

}  // namespace moonwire::script
