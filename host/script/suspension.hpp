#pragma once

#include "host/loop/handler.hpp"

#include <lua.hpp>

#include <memory>
#include <utility>

namespace moonwire::script {

class Task;
class Vm;

/// The right, and the duty, to resume a task that waits. A binding takes one before it starts anything, hands it to the
/// operation's handler, and ends with `return task_waits(L)`:
///
///     auto task = Suspension::of(L, "udp.receive");
///     socket.async_receive([task = std::move(task)](error_code error) mutable { … task.resume_with(…); });
///     return task_waits(L);
///
/// Resumed exactly once; a Suspension that is dropped unused resumes its task with an error, so that no task waits for
/// ever. Does nothing when the Vm is gone. Used on the loop's thread only.
class Suspension
{
public:
    /// The running task is about to wait for `what`, which has to stay until the task goes on (in the main a literal).
    /// Raises a Lua error where waiting is impossible (inside a callback of table.sort, gsub or require; outside of any
    /// task), and the error "cancelled" when the task has been cancelled.
    static Suspension of(lua_State* L, const char* what);

    Suspension() = default;
    Suspension(Suspension&&) noexcept = default;
    Suspension& operator=(Suspension&& other) noexcept;
    ~Suspension()
    {
        if (task_ != nullptr) {
            dropped();
        }
    }

    explicit operator bool() const { return task_ != nullptr; }

    /// How to end the operation early when the task is cancelled. The operation must still resume the task.
    void on_cancel(loop::Handler<void()> cancel);

    /// Resumes the task; `push(L)` pushes the results of the call and returns how many.
    template <class Push>
    void resume_with(Push&& push)
    {
        deliver([](lua_State* L, void* data) { return (*static_cast<std::remove_reference_t<Push>*>(data))(L); },
                &push);
    }

    /// Resumes the task with no results.
    void resume()
    {
        resume_with([](lua_State*) { return 0; });
    }

private:
    explicit Suspension(std::shared_ptr<Task> task) : task_(std::move(task)) {}

    void dropped();
    void deliver(int (*push)(lua_State*, void*), void* data);

    std::shared_ptr<Task> task_;
};

/// Ends a binding function that has started an operation: `return task_waits(L);`
int task_waits(lua_State* L);

/// What a coroutine yields when it waits, as against what a script's own coroutines yield.
void* task_wait_marker();

}  // namespace moonwire::script
