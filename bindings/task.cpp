#include "bindings/task.hpp"
#include "bindings/core/guard.hpp"
#include "bindings/core/loop.hpp"
#include "bindings/core/stack.hpp"
#include "bindings/core/userdata.hpp"
#include "bindings/open.hpp"
#include "host/loop/timer.hpp"
#include "host/script/error.hpp"
#include "host/script/vm.hpp"

#include <memory>
#include <string>

namespace moonwire::bindings {

namespace {

using script::Scheduler;
using script::Suspension;
using script::Task;
using script::task_waits;
using script::Vm;

constexpr const char* task_class = "moonwire.task.Task";
constexpr const char* waker_class = "moonwire.Waker";

// task.spawn(fn, ...) -> task
int task_spawn(lua_State* L)
{
    check_function(L, 1, "fn");
    auto task = Scheduler::of(L).spawn(L, lua_gettop(L) - 1, position(L, 1));
    push_object(L, task_class, std::move(task));
    return 1;
}

// native.supervise(started_at, fn, ...): a task whose failure is reported and ends there
int task_supervise(lua_State* L)
{
    std::string started_at(check_string(L, 1, "started_at"));
    check_function(L, 2, "fn");
    Scheduler::of(L).spawn_supervised(L, lua_gettop(L) - 2, std::move(started_at));
    return 0;
}

// native.below_root(fn, ...) -> task: one that the program's end alone ends
int task_below_root(lua_State* L)
{
    check_function(L, 1, "fn");
    if (!Scheduler::of(L).takes_lines()) {
        return luaL_error(L, "the program is at its end: nothing new begins");
    }
    auto task = Scheduler::of(L).spawn_below_root(L, lua_gettop(L) - 1, {});
    push_object(L, task_class, std::move(task));
    return 1;
}

// task.self() -> task
int task_self(lua_State* L)
{
    push_object(L, task_class, Scheduler::of(L).current()->shared_from_this());
    return 1;
}

// A wait for nothing but time. Lives until its task is resumed, by the timer or by a cancel.
struct Sleep : std::enable_shared_from_this<Sleep> {
    Sleep(loop::Loop& the_loop, Suspension the_task) : loop(the_loop), timer(the_loop), task(std::move(the_task)) {}

    void start(observe::Duration duration)
    {
        task.on_cancel([self = shared_from_this()] { self->loop.post([self] { self->finish(); }); });
        if (duration.count() == 0) {
            loop.post([self = shared_from_this()] { self->finish(); });
        } else {
            timer.expires_after(duration, [self = shared_from_this()] { self->finish(); });
        }
    }

    void finish()
    {
        if (task) {
            Suspension waiting = std::move(task);
            timer.cancel();
            waiting.resume();
        }
    }

    loop::Loop& loop;
    loop::Timer timer;
    Suspension task;
};

// task.sleep(seconds)
int task_sleep(lua_State* L)
{
    const auto duration = check_duration(L, 1, "seconds");
    std::make_shared<Sleep>(loop_of(L), Suspension::of(L, "task.sleep"))->start(duration);
    return task_waits(L);
}

// task.defer(fn, ...)
int task_defer(lua_State* L)
{
    check_function(L, 1, "fn");
    const int count = lua_gettop(L);
    // One list for all: each function, its arguments, and how many values these are together; at 0, the number of all.
    Scheduler::of(L).push_deferred(L, true);
    lua_insert(L, 1);
    lua_rawgeti(L, 1, 0);
    const int end = static_cast<int>(lua_tointeger(L, -1)) + count + 1;
    lua_pop(L, 1);
    for (int i = 1; i <= count; ++i) {
        lua_rawseti(L, 1, end - i);
    }
    lua_pushinteger(L, count);
    lua_rawseti(L, 1, end);
    lua_pushinteger(L, end);
    lua_rawseti(L, 1, 0);
    return 0;
}

int push_outcome(lua_State* L, const Task& task)
{
    if (task.status() == Task::Status::done) {
        lua_pushliteral(L, "done");
        return 1 + Scheduler::of(L).push_results(L, task);
    }
    lua_pushliteral(L, "failed");
    if (task.has_failure()) {
        Scheduler::of(L).push_failure(L, task);
    } else {  // cancelled before it had begun
        lua_createtable(L, 0, 1);
        script::push_error(L, "cancelled", "the task was cancelled before it had begun");
        lua_setfield(L, -2, "error");
    }
    return 2;
}

struct Join : std::enable_shared_from_this<Join> {
    Join(loop::Loop& loop, std::shared_ptr<Task> joined_task) : timer(loop), joined(std::move(joined_task)) {}

    loop::Timer timer;
    std::shared_ptr<Task> joined;
    std::uint64_t number = 0;

    void give_up()
    {
        if (Suspension waiting = Scheduler::of(joined->thread()).forget_joiner(*joined, number)) {
            waiting.resume_with([](lua_State* L) {
                lua_pushliteral(L, "timeout");
                return 1 + script::push_failure(L, "timeout", "task.join: the task has not ended in time");
            });
        }
    }
};

// native.join(task [, timeout]) -> "done", results… | "failed", failure | "timeout", nil, err
int task_join(lua_State* L)
{
    const TaskHandle task = check<TaskHandle>(L, 1);
    const auto timeout = opt_duration(L, 2, "timeout");
    if (task->ended()) {
        return push_outcome(L, *task);
    }
    if (task.get() == Scheduler::of(L).current()) {
        return luaL_error(L, "a task cannot wait for its own end");
    }
    auto waiting = Suspension::of(L, "task.join");
    const auto join = std::make_shared<Join>(loop_of(L), task);
    waiting.on_cancel([join, loop = &loop_of(L)] { loop->post([join] { join->give_up(); }); });
    if (timeout) {
        join->timer.expires_after(*timeout, [join] { join->give_up(); });
    }
    join->number = Scheduler::of(L).join(*task, std::move(waiting), [join](lua_State* to) {
        join->timer.cancel();
        return push_outcome(to, *join->joined);
    });
    return task_waits(L);
}

// task:cancel()
int task_cancel(lua_State* L)
{
    const TaskHandle& task = check<TaskHandle>(L, 1);
    Scheduler::of(L).cancel(*task);
    return 0;
}

// task:status() -> "running" | "done" | "failed" | "cancelled"
int task_status(lua_State* L)
{
    static constexpr const char* names[] = {"running", "done", "failed", "cancelled"};
    lua_pushstring(L, names[static_cast<int>(check<TaskHandle>(L, 1)->status())]);
    return 1;
}

int task_to_string(lua_State* L)
{
    const TaskHandle& task = check<TaskHandle>(L, 1);
    lua_pushfstring(L, "task started at %s", task->started_at().c_str());
    return 1;
}

// What a task waits on until another one wakes it: the one primitive that channels are made of.
struct Waker {
    explicit Waker(loop::Loop& loop) : timer(loop) {}

    bool waiting() const { return static_cast<bool>(task); }

    loop::Timer timer;
    Suspension task;
    std::string what;  // is waited for
};
using WakerHandle = std::shared_ptr<Waker>;

}  // namespace

template <>
struct LuaType<WakerHandle> {
    static constexpr const char* name = "a waker";
};

namespace {

int waker_new(lua_State* L)
{
    push_object(L, waker_class, std::make_shared<Waker>(loop_of(L)));
    return 1;
}

// waker:wait(what, timeout) -> what it was woken with | nil, err
int waker_wait(lua_State* L)
{
    const WakerHandle waker = check<WakerHandle>(L, 1);
    waker->what = check_string(L, 2, "what");
    const auto timeout = opt_duration(L, 3, "timeout");
    waker->task = Suspension::of(L, waker->what.c_str());
    // From the moment of its cancellation on it does not wait any more: what would wake it goes to the next one.
    waker->task.on_cancel([waker, loop = &loop_of(L)] {
        waker->timer.cancel();
        loop->post([waker, task = std::move(waker->task)]() mutable { task.resume(); });
    });
    const auto give_up = [waker] {
        Suspension waiting = std::move(waker->task);
        waiting.resume_with(
            [&](lua_State* to) { return script::push_failure(to, "timeout", waker->what + ": timed out"); });
    };
    if (timeout) {
        waker->timer.expires_after(*timeout, give_up);
    }
    return task_waits(L);
}

// waker:wake(...) -> was somebody waiting?
int waker_wake(lua_State* L)
{
    const WakerHandle& waker = check<WakerHandle>(L, 1);
    const bool waiting = waker->waiting();
    if (waiting) {
        Suspension task = std::move(waker->task);
        waker->timer.cancel();
        const int count = lua_gettop(L) - 1;
        task.resume_with([&](lua_State* to) {
            for (int i = 0; i < count; ++i) {
                lua_pushvalue(L, 2 + i);
                lua_xmove(L, to, 1);
            }
            return count;
        });
    }
    lua_pushboolean(L, waiting);
    return 1;
}

int waker_waiting(lua_State* L)
{
    lua_pushboolean(L, check<WakerHandle>(L, 1)->waiting());
    return 1;
}

// native.failure(code, message) -> nil, err
int native_failure(lua_State* L)
{
    return script::push_failure(L, check_string(L, 1, "code"), check_string(L, 2, "message"));
}

void define_classes(lua_State* L)
{
    const luaL_Reg task_methods[] = {
        {"cancel", guard<task_cancel>},
        {"status", guard<task_status>},
        {nullptr, nullptr},
    };
    define_class(L, task_class, task_methods, guard<collect<TaskHandle>>, guard<task_to_string>);
    luaL_getmetatable(L, task_class);
    lua_getfield(L, -1, "__index");
    lua_getfield(L, LUA_REGISTRYINDEX, "moonwire.task.join");
    lua_setfield(L, -2, "join");
    lua_pop(L, 2);

    const luaL_Reg waker_methods[] = {
        {"wait", guard<waker_wait>},
        {"wake", guard<waker_wake>},
        {"waiting", guard<waker_waiting>},
        {nullptr, nullptr},
    };
    define_class(L, waker_class, waker_methods, guard<collect<WakerHandle>>, nullptr);
}

}  // namespace

int open_task(lua_State* L)
{
    define_classes(L);
    lua_getfield(L, LUA_REGISTRYINDEX, "moonwire.task.native");
    const luaL_Reg native[] = {
        {"join", guard<task_join>},  {"supervise", guard<task_supervise>}, {"below_root", guard<task_below_root>},
        {"waker", guard<waker_new>}, {"failure", guard<native_failure>},   {"say", guard<say>},
        {nullptr, nullptr},
    };
    luaL_register(L, nullptr, native);
    const luaL_Reg functions[] = {
        {"spawn", guard<task_spawn>}, {"self", guard<task_self>}, {"sleep", guard<task_sleep>},
        {"defer", guard<task_defer>}, {nullptr, nullptr},
    };
    lua_newtable(L);
    luaL_register(L, nullptr, functions);
    lua_pushvalue(L, -1);
    lua_insert(L, -3);
    lua_insert(L, -2);
    run_lua_part(L, "task", 2);  // gets the module and the natives
    lua_pop(L, 1);
    return 1;
}

}  // namespace moonwire::bindings
