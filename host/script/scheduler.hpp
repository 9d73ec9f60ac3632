#pragma once

#include "host/loop/loop.hpp"
#include "host/script/task.hpp"

#include <lua.hpp>

#include <atomic>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace moonwire::script {

class Vm;

/// Runs the tasks of one Vm: the only caller of lua_resume. A task runs until it waits; what resumes others in the
/// meantime puts them into a queue that is worked off before the loop goes on.
class Scheduler
{
public:
    Scheduler(Vm& vm, bool interruptible);
    ~Scheduler();
    Scheduler(const Scheduler&) = delete;
    Scheduler& operator=(const Scheduler&) = delete;

    static Scheduler& of(lua_State* L);

    /// Takes the function that every task runs from the stack of `L`: see lua/task_main.lua.
    void set_main(lua_State* L);

    /// The Vm is about to close: what still waits will not be resumed.
    void detach();

    /// Starts a task from a function and `arguments` values on top of the stack of `L`, which are popped. It belongs to
    /// the running task, or is the root task if none runs. It begins to run when the running task waits.
    std::shared_ptr<Task> spawn(lua_State* L, int arguments, std::string started_at);

    /// The same for a task whose failure is its own affair: it is reported with its traceback, and its parent goes on.
    std::shared_ptr<Task> spawn_supervised(lua_State* L, int arguments, std::string started_at);

    /// The same for one that belongs to the root task, whoever starts it: it outlives the task that runs.
    std::shared_ptr<Task> spawn_below_root(lua_State* L, int arguments, std::string started_at);

    Task* current() const { return current_; }
    Task* root() const { return root_.get(); }

    /// The running task, with all that it starts, plays this role of a scenario.
    void set_role(std::string name) { current_->rare().role = std::move(name); }

    /// The role that the running task plays, or belongs to; empty if there is none.
    std::string_view role() const;

    /// Where the running task, with all that it starts, reports figures; while none runs: where all do that have not
    /// got their own.
    void set_figures(std::shared_ptr<observe::Figures> figures)
    {
        (current_ != nullptr ? current_->rare().figures : figures_) = std::move(figures);
    }

    /// What the run that the running task belongs to reports; null if there is none.
    const std::shared_ptr<observe::Figures>& figures() const;

    /// Starts a task below the root, from outside of any task: a line that a person has typed. What it has started (its
    /// children, its clean-up functions) is handed over to the root when it has ended, unless it was cancelled.
    /// `on_end` is called in a turn of its own and has to look at how it ended: nobody else will hear of a failure.
    /// While `output` is there, it gets what the line and all that comes from it print. Only while `takes_lines`.
    std::shared_ptr<Task> spawn_line(lua_State* L, int arguments, const std::shared_ptr<const Output>& output,
                                     loop::Handler<void()> on_end);

    /// Is there a root task that has not come to its end yet?
    bool takes_lines() const;

    /// Has the wait that the task is in, and every later one, end with the error "cancelled".
    void cancel(Task& task);

    /// Resumes `waiter` with what `outcome` pushes when `task` has ended. Returns a number for `forget_joiner`.
    std::uint64_t join(Task& task, Suspension waiter, std::function<int(lua_State*)> outcome);

    /// The joiner gives up; its Suspension, if it is still there.
    Suspension forget_joiner(Task& task, std::uint64_t joiner);

    /// Called by the running task's main function when the script's function has returned or failed: from now on its
    /// waits are not cancelled any more.
    void begin_cleanup() { current_->shielded_ = true; }

    /// Cancels the running task's children. `waiter` is resumed when the last one has ended.
    void cancel_children();
    bool has_children() const { return !current_->children_.empty(); }
    void await_children(Suspension waiter) { current_->rare().children_waiter = std::move(waiter); }

    /// If the running task, which has ended, is a line (see spawn_line): gives its root what it has started.
    bool hand_over(lua_State* L);

    /// Where the running task prints; null if that is where the engine's scripts do.
    std::shared_ptr<const Output> output() const { return current_ != nullptr ? current_->output() : nullptr; }

    /// The table of the running task's clean-up functions is pushed; nil if there is none and `create` is false.
    void push_deferred(lua_State* L, bool create);

    /// Pushes what a failed task failed with: { error =, traceback = }.
    void push_failure(lua_State* L, const Task& task);

    /// What a failed task failed with, in words, with traceback.
    std::string failure_text(const Task& task);

    /// How many results a task that is done has; they are copied onto the stack of `L`.
    int push_results(lua_State* L, const Task& task);

    /// Called when the root task has ended, with nothing of the scheduler's on the C stack.
    void on_root_ended(loop::Handler<void()> handler) { on_root_ended_ = std::move(handler); }
    void forget_root() { root_.reset(); }

    /// A Lua error has thrown the loop out of the middle of a turn (out of memory where no script runs): nothing of the
    /// run can go on.
    void abandon();

    /// From now on `interrupt` does not end the run. A task that does not let others run is cancelled; if there is
    /// none, `handler` is called in a turn of its own and decides.
    void on_interrupt(std::function<void()> handler) { on_interrupt_ = std::move(handler); }

    /// Has `interrupt` ended the last run?
    bool was_interrupted() const { return was_interrupted_; }
    void forget_interrupt();

    /// Cancels the root task (but see on_interrupt). Breaks a loop that never waits, too, also one that catches every
    /// error: compiled code only if the Vm is interruptible. Async-signal-safe on the engine's thread.
    void interrupt() noexcept;

private:
    friend class Suspension;
    friend class Task;

    std::shared_ptr<Task> spawn(lua_State* L, int arguments, std::string started_at, Task* parent);
    std::shared_ptr<const std::string> shared_place(std::string started_at);
    void make_ready(std::shared_ptr<Task> task);
    void run_ready();
    void run(Task& task);  // whoever calls it keeps the task
    void finish(Task& task, int status);
    void end(Task& task);
    void record_hard_failure(Task& task);
    void fail_parent(Task& parent, const Task& child);
    void report(Task& task);
    void release(Task& task);
    void request_cancel(Task& task);
    void raise_in(lua_State* thread, const char* code);

    void push_deferred(lua_State* L, Task& task, bool create);

    static void raise_hook(lua_State* L, lua_Debug*);
    static void interrupt_hook(lua_State* L, lua_Debug*);
    static void interrupt_one_hook(lua_State* L, lua_Debug*);
    void stop_compiling(lua_State* L);
    void raise_interrupted(lua_State* L, lua_Debug* activation);
    void end_interrupted_run();
    void take_interrupt();
    void watch_wake_up();

    Vm& vm_;
    Task* current_ = nullptr;
    std::shared_ptr<Task> root_;
    std::shared_ptr<observe::Figures> figures_;
    std::deque<std::shared_ptr<Task>> ready_;
    std::vector<Task*> tasks_;  // all that refer to the Vm
    std::shared_ptr<const std::string> last_started_at_ = std::make_shared<std::string>();
    bool running_ = false;
    bool root_ended_ = false;
    bool was_interrupted_ = false;
    bool run_posted_ = false;
    int main_function_ = LUA_NOREF;  // lua/task_main.lua
    lua_State* raise_target_ = nullptr;
    const char* raise_code_ = nullptr;
    std::uint64_t next_joiner_ = 1;
    loop::Handler<void()> on_root_ended_;

    // Interrupts: see interrupt.cpp.
    bool interruptible_;
    bool watching_task_ = false;  // until it lets others run
    std::function<void()> on_interrupt_;
    std::atomic<bool> interrupted_ = false;
    struct WakeUp;
    std::unique_ptr<WakeUp> wake_up_;  // an eventfd: what a signal handler may write to
};

}  // namespace moonwire::script
