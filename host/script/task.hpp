#pragma once

#include "host/loop/handler.hpp"
#include "host/observe/figures.hpp"
#include "host/script/suspension.hpp"

#include <lua.hpp>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <list>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace moonwire::script {

class Scheduler;

/// Where what a task prints, and what is said about it, goes.
using Output = std::function<void(std::string_view)>;

/// A Lua function that runs side by side with others: a coroutine with a parent, children, and an end that somebody
/// hears of. Made by Scheduler::spawn, which keeps it until it has ended; a handle in Lua may keep it longer.
class Task : public std::enable_shared_from_this<Task>
{
public:
    ~Task();

    enum class Status { running, done, failed, cancelled };

    Status status() const { return status_; }
    bool ended() const { return status_ != Status::running; }
    lua_State* thread() const { return thread_; }
    const Task* parent() const { return parent_; }
    const std::list<std::shared_ptr<Task>>& children() const { return children_; }
    bool cancel_requested() const { return cancel_requested_; }
    bool has_failure() const { return failure_ != LUA_NOREF; }

    /// "pmu/tcp.lua:12": where it was spawned.
    const std::string& started_at() const { return *started_at_; }

    /// What the call that it waits in is called ("tcp.accept"), or null if it does not wait.
    const char* waiting_for() const { return waiting_ ? waiting_for_ : nullptr; }

    /// The coroutine that this call is on top of: the task's own, or one that its script has made.
    lua_State* waiting_thread() const { return waiting_thread_; }

    /// Has its function ended, and only its children have not yet?
    bool awaits_children() const { return finished_; }

    /// The role of a scenario that it plays itself, or empty.
    std::string_view role() const { return rare_ != nullptr ? rare_->role : std::string_view(); }

    /// Is it below its parent only so that it ends in time, and nothing that the parent has started?
    bool is_apart() const { return apart_; }

private:
    friend class Scheduler;
    friend class Suspension;

    struct Joiner {
        std::uint64_t number;
        Suspension waiter;
        std::function<int(lua_State*)> outcome;
    };

    /// What few tasks have.
    struct Rare {
        std::string role;                           // of a scenario, if this task plays it
        std::shared_ptr<observe::Figures> figures;  // if it plays a run of its own
        std::weak_ptr<const Output> output;         // of the line that it comes from; gone: the engine's
        loop::Handler<void()> on_end;
        std::vector<Joiner> joiners;
        Suspension children_waiter;
    };
    Rare& rare()
    {
        if (rare_ == nullptr) {
            rare_ = std::make_unique<Rare>();
        }
        return *rare_;
    }
    std::shared_ptr<const Output> output() const { return rare_ != nullptr ? rare_->output.lock() : nullptr; }

    Scheduler* scheduler_ = nullptr;  // null when the Vm is gone
    std::size_t index_ = 0;           // among the scheduler's tasks
    lua_State* thread_ = nullptr;
    int anchor_ = LUA_NOREF;  // keeps thread_ alive
    Task* parent_ = nullptr;
    std::list<std::shared_ptr<Task>> children_;
    std::list<std::shared_ptr<Task>>::iterator place_;  // among the parent's children
    std::shared_ptr<const std::string> started_at_;     // shared by those who were started there in a row
    std::unique_ptr<Rare> rare_;

    Status status_ = Status::running;
    bool started_ = false;
    bool finished_ = false;  // its function has ended without waiting for its children: it ends when they have
    Status finished_status_ = Status::running;
    bool child_failed_ = false;  // and so has this one, whatever its function returns
    bool cancel_requested_ = false;
    bool shielded_ = false;     // cleaning up: waits are not cancelled any more
    bool supervised_ = false;   // a failure is reported and ends there
    bool apart_ = false;        // see is_apart
    bool hands_over_ = false;   // at its end the parent gets what it has started
    int results_ = 0;           // values on the thread's stack when it is done
    int failure_ = LUA_NOREF;   // the record of what failed: see lua/task_main.lua
    int deferred_ = LUA_NOREF;  // table of clean-up functions

    // While it waits:
    bool waiting_ = false;
    const char* waiting_for_ = "";
    lua_State* waiting_thread_ = nullptr;  // the coroutine inside the task that called what waits
    loop::Handler<void()> on_cancel_;
    const char* raise_ = nullptr;  // the wait ends with an error of this code
    int ready_values_ = 0;         // on the thread's stack, for the resume
};

}  // namespace moonwire::script
