#include "host/script/suspension.hpp"

#include "host/script/error.hpp"
#include "host/script/scheduler.hpp"
#include "host/script/vm.hpp"

namespace moonwire::script {

namespace {

// What a coroutine yields when it waits, as against what a script's own coroutines yield.
char wait_marker;

// A script's coroutine waits together with those that resumed it, up to the task's own. Each of them must be able to.
bool can_wait(lua_State* L, lua_State* base)
{
    if (lua_isyieldable(L) == 0) {
        return false;
    }
    if (L == base) {
        return true;
    }
    const int top = lua_gettop(L);
    lua_getfield(L, LUA_REGISTRYINDEX, "moonwire.resumers");  // by lua/coroutine.lua: coroutine → who resumed it
    lua_State* thread = L;
    bool can = lua_istable(L, -1);
    while (can && thread != base) {
        lua_pushthread(thread);
        if (thread != L) {
            lua_xmove(thread, L, 1);
        }
        lua_rawget(L, top + 1);
        thread = lua_tothread(L, -1);
        can = thread != nullptr && lua_isyieldable(thread) != 0;
    }
    lua_settop(L, top);
    return can;
}

}  // namespace

Suspension Suspension::of(lua_State* L, const char* what)
{
    Scheduler& scheduler = Scheduler::of(L);
    Task* task = scheduler.current_;
    if (task == nullptr) {
        luaL_error(L, "%s: cannot wait here: no task is running", what);
    }
    if (task->cancel_requested_ && !task->shielded_) {
        push_error(L, "cancelled", std::string(what) + ": the task was cancelled");
        lua_error(L);
    }
    if (!can_wait(L, task->thread_)) {
        luaL_error(L,
                   "%s: cannot wait here: a function called from C (by require, table.sort, string.gsub, …) "
                   "cannot be suspended; call it from the script itself",
                   what);
    }
    task->waiting_ = true;
    task->waiting_for_ = what;
    task->waiting_thread_ = L;
    return Suspension(task->shared_from_this());
}

Suspension& Suspension::operator=(Suspension&& other) noexcept
{
    std::swap(task_, other.task_);
    return *this;
}

void Suspension::dropped()
{
    if (task_->scheduler_ == nullptr) {
        return;
    }
    if (task_->scheduler_->current_ == task_.get()) {
        task_->waiting_ = false;  // an error was raised before anything had started
        task_->on_cancel_.reset();
        return;
    }
    const std::string message = std::string(task_->waiting_for_) + ": the operation was abandoned by the host";
    resume_with([&](lua_State* L) { return push_failure(L, "system", message); });
}

void Suspension::on_cancel(loop::Handler<void()> cancel)
{
    task_->on_cancel_ = std::move(cancel);
}

void Suspension::deliver(int (*push)(lua_State*, void*), void* data)
{
    std::shared_ptr<Task> task = std::move(task_);
    if (task == nullptr || task->scheduler_ == nullptr) {
        return;
    }
    task->waiting_ = false;
    task->on_cancel_.reset();
    lua_State* thread = task->thread_;
    Vm& vm = task->scheduler_->vm_;
    if (!vm.memory().limited()) {
        lua_checkstack(thread, LUA_MINSTACK);
        task->ready_values_ = push(thread, data);
    } else {
        // The task's own stack cannot be protected while it waits: push elsewhere and move.
        struct Delivery {
            int (*push)(lua_State*, void*);
            void* data;
            lua_State* thread;
            int values;
        } delivery{push, data, thread, 0};
        const auto push_and_move = [](lua_State* L) {
            auto& d = *static_cast<Delivery*>(lua_touserdata(L, 1));
            const int values = d.push(L, d.data);
            lua_xmove(L, d.thread, values);
            d.values = values;
            return 0;
        };
        const bool delivered = lua_checkstack(thread, LUA_MINSTACK) != 0 && !vm.protect(push_and_move, &delivery);
        if (!delivered) {
            task->raise_ = "memory";
        }
        task->ready_values_ = delivery.values;
    }
    Scheduler& scheduler = *task->scheduler_;
    scheduler.make_ready(std::move(task));
}

int task_waits(lua_State* L)
{
    lua_pushlightuserdata(L, &wait_marker);
    return lua_yield(L, 1);
}

void* task_wait_marker()
{
    return &wait_marker;
}

}  // namespace moonwire::script
