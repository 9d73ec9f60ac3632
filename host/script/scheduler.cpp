#include "host/script/scheduler.hpp"

#include "host/script/error.hpp"
#include "host/script/vm.hpp"

#include <algorithm>
#include <string_view>

namespace moonwire::script {

namespace {

// Answers that a task may find without waiting before it has to let others run.
constexpr int answers_in_one_go = 128;

// Tasks that are resumed before the loop looks at the network again.
constexpr int tasks_in_one_go = 256;

// Moves what the list on top of the stack has to the end of the one below it, and pops both. Their sizes stand at 0.
void append_list(lua_State* L)
{
    lua_rawgeti(L, -2, 0);
    lua_rawgeti(L, -2, 0);
    const auto begin = static_cast<int>(lua_tointeger(L, -2));
    const auto count = static_cast<int>(lua_tointeger(L, -1));
    lua_pop(L, 2);
    for (int i = 1; i <= count; ++i) {
        lua_rawgeti(L, -1, i);
        lua_rawseti(L, -3, begin + i);
    }
    lua_pushinteger(L, begin + count);
    lua_rawseti(L, -3, 0);
    lua_pop(L, 2);
}

}  // namespace

Task::~Task()
{
    if (scheduler_ != nullptr) {
        scheduler_->release(*this);
    }
}

void Scheduler::detach()
{
    // What still waits, waits for operations that the loop will never complete: it must find no Vm.
    abandon();
}

void Scheduler::abandon()
{
    for (Task* task : std::exchange(tasks_, {})) {
        task->scheduler_ = nullptr;
    }
    ready_.clear();
    root_.reset();
    running_ = false;
    current_ = nullptr;
    root_ended_ = false;
}

Scheduler& Scheduler::of(lua_State* L)
{
    return Vm::of(L).scheduler();
}

void Scheduler::set_main(lua_State* L)
{
    main_function_ = luaL_ref(L, LUA_REGISTRYINDEX);
}

std::string_view Scheduler::role() const
{
    for (const Task* task = current_; task != nullptr; task = task->parent_) {
        if (!task->role().empty()) {
            return task->role();
        }
    }
    return {};
}

const std::shared_ptr<observe::Figures>& Scheduler::figures() const
{
    for (const Task* task = current_; task != nullptr; task = task->parent_) {
        if (task->rare_ != nullptr && task->rare_->figures) {
            return task->rare_->figures;
        }
    }
    return figures_;
}

std::shared_ptr<Task> Scheduler::spawn(lua_State* L, int arguments, std::string started_at)
{
    return spawn(L, arguments, std::move(started_at), current_);
}

std::shared_ptr<Task> Scheduler::spawn_supervised(lua_State* L, int arguments, std::string started_at)
{
    auto task = spawn(L, arguments, std::move(started_at), current_);
    task->supervised_ = true;
    return task;
}

std::shared_ptr<Task> Scheduler::spawn_below_root(lua_State* L, int arguments, std::string started_at)
{
    auto task = spawn(L, arguments, std::move(started_at), root_.get());
    task->apart_ = true;
    task->supervised_ = true;
    return task;
}

std::shared_ptr<Task> Scheduler::spawn_line(lua_State* L, int arguments, const std::shared_ptr<const Output>& output,
                                            loop::Handler<void()> on_end)
{
    auto task = spawn(L, arguments, {}, root_.get());
    task->rare().output = output;
    task->apart_ = true;
    task->hands_over_ = true;
    task->rare().on_end = std::move(on_end);
    vm_.services().loop.post([this] { run_ready(); });
    return task;
}

bool Scheduler::takes_lines() const
{
    return root_ != nullptr && !root_->shielded_ && !root_->cancel_requested_;
}

std::shared_ptr<Task> Scheduler::spawn(lua_State* L, int arguments, std::string started_at, Task* parent)
{
    auto task = std::make_shared<Task>();
    task->thread_ = lua_newthread(L);
    task->anchor_ = luaL_ref(L, LUA_REGISTRYINDEX);
    task->scheduler_ = this;
    task->index_ = tasks_.size();
    tasks_.push_back(task.get());
    lua_rawgeti(L, LUA_REGISTRYINDEX, main_function_);
    lua_insert(L, -(arguments + 2));
    lua_checkstack(task->thread_, arguments + LUA_MINSTACK);
    lua_xmove(L, task->thread_, arguments + 2);
    task->ready_values_ = arguments + 1;
    task->started_at_ = shared_place(std::move(started_at));
    task->parent_ = parent;
    if (const auto output = this->output()) {
        task->rare().output = output;
    }
    if (parent != nullptr) {
        task->place_ = parent->children_.insert(parent->children_.end(), task);
        ready_.push_back(task);
    } else {
        root_ = task;
        vm_.services().loop.post([this] { run_ready(); });
        ready_.push_back(task);
    }
    return task;
}

// Most tasks are started where the one before was.
std::shared_ptr<const std::string> Scheduler::shared_place(std::string started_at)
{
    if (started_at != *last_started_at_) {
        last_started_at_ = std::make_shared<const std::string>(std::move(started_at));
    }
    return last_started_at_;
}

void Scheduler::release(Task& task)
{
    lua_State* L = vm_.state();
    luaL_unref(L, LUA_REGISTRYINDEX, task.anchor_);
    luaL_unref(L, LUA_REGISTRYINDEX, task.failure_);
    luaL_unref(L, LUA_REGISTRYINDEX, task.deferred_);
    tasks_.back()->index_ = task.index_;
    tasks_[task.index_] = tasks_.back();
    tasks_.pop_back();
}

void Scheduler::make_ready(std::shared_ptr<Task> task)
{
    if (running_) {
        ready_.push_back(std::move(task));
        return;
    }
    running_ = true;
    run(*task);
    running_ = false;
    if (!ready_.empty() || root_ended_) {
        run_ready();
    }
}

void Scheduler::run_ready()
{
    running_ = true;
    for (int count = 0; count < tasks_in_one_go && !ready_.empty(); ++count) {
        const auto task = std::move(ready_.front());
        ready_.pop_front();
        run(*task);
    }
    running_ = false;
    if (!ready_.empty() && !run_posted_) {
        run_posted_ = true;
        vm_.services().loop.post([this] {
            run_posted_ = false;
            run_ready();
        });
    }
    if (root_ended_) {
        root_ended_ = false;
        on_root_ended_();
    }
}

void Scheduler::run(Task& task)
{
    if (task.ended()) {
        return;
    }
    if (!task.started_ && task.cancel_requested_) {
        task.status_ = Task::Status::cancelled;
        end(task);
        return;
    }
    task.started_ = true;
    current_ = &task;
    vm_.services().loop.allow_answers(answers_in_one_go);
    if (task.raise_ != nullptr) {
        raise_in(task.waiting_thread_, std::exchange(task.raise_, nullptr));
    }
    int status = lua_resume(task.thread_, std::exchange(task.ready_values_, 0));
    while (status == LUA_YIELD && !task.waiting_) {
        lua_settop(task.thread_, 0);
        raise_in(task.thread_, "yield");
        status = lua_resume(task.thread_, 0);
    }
    if (raise_target_ != nullptr) {
        raise_target_ = nullptr;
        lua_sethook(vm_.state(), nullptr, 0, 0);
    }
    current_ = nullptr;
    end_interrupted_run();
    if (status == LUA_YIELD) {
        lua_settop(task.thread_, 0);
        if (task.cancel_requested_ && !task.shielded_) {
            request_cancel(task);
        }
    } else {
        finish(task, status);
    }
}

void Scheduler::finish(Task& task, int status)
{
    lua_State* L = task.thread_;
    if (status == 0 && lua_toboolean(L, 1) != 0) {
        task.status_ = Task::Status::done;
        task.results_ = lua_gettop(L) - 1;
    } else {
        task.status_ = Task::Status::failed;
        if (status != 0) {
            // Even the task's main function could not go on: out of memory, in the main.
            record_hard_failure(task);
        } else {
            lua_getfield(L, 2, "cancelled");
            if (lua_toboolean(L, -1) != 0 && task.cancel_requested_) {
                task.status_ = Task::Status::cancelled;
            }
            lua_pop(L, 1);
            if (task.failure_ == LUA_NOREF) {
                lua_pushvalue(L, 2);
                task.failure_ = luaL_ref(L, LUA_REGISTRYINDEX);
            }
        }
    }
    if (task.child_failed_) {
        task.status_ = Task::Status::failed;
    }
    if (task.children_.empty()) {
        end(task);
        return;
    }
    task.finished_status_ = std::exchange(task.status_, Task::Status::running);
    task.finished_ = true;
    for (const auto& child : std::vector(task.children_.begin(), task.children_.end())) {
        cancel(*child);
    }
}

void Scheduler::record_hard_failure(Task& task)
{
    struct Hard {
        lua_State* thread;
        int anchor;
    } hard{task.thread_, LUA_NOREF};
    const bool out_of_memory = vm_.memory().limited() && lua_type(task.thread_, -1) != LUA_TTABLE;
    if (out_of_memory) {
        lua_settop(task.thread_, 0);  // what filled the memory hangs on this stack
        lua_pushliteral(task.thread_, "not enough memory");
        lua_gc(vm_.state(), LUA_GCCOLLECT, 0);
    }
    vm_.protect(
        [](lua_State* L) {
            auto& h = *static_cast<Hard*>(lua_touserdata(L, 1));
            lua_createtable(L, 0, 2);
            lua_xmove(h.thread, L, 1);
            lua_pushvalue(L, -1);
            lua_setfield(L, -3, "error");
            if (luaL_callmeta(L, -1, "__tostring") != 0) {
                lua_remove(L, -2);
            }
            lua_setfield(L, -2, "traceback");
            h.anchor = luaL_ref(L, LUA_REGISTRYINDEX);
            return 0;
        },
        &hard);
    if (task.failure_ == LUA_NOREF) {
        task.failure_ = hard.anchor;
    }
}

void Scheduler::end(Task& task)
{
    const auto keep_alive = task.shared_from_this();
    const bool failed = task.status_ == Task::Status::failed;
    const bool heard = task.rare_ != nullptr && (!task.rare_->joiners.empty() || task.rare_->on_end);
    luaL_unref(vm_.state(), LUA_REGISTRYINDEX, std::exchange(task.deferred_, LUA_NOREF));
    if (heard) {
        for (auto& joiner : std::exchange(task.rare_->joiners, {})) {
            joiner.waiter.resume_with(joiner.outcome);
        }
        if (task.rare_->on_end) {
            vm_.services().loop.post(std::move(task.rare_->on_end));
        }
    }
    Task* parent = std::exchange(task.parent_, nullptr);
    if (parent == nullptr) {
        root_ended_ = true;
        return;
    }
    parent->children_.erase(task.place_);
    if (failed && !heard) {
        if (task.supervised_) {
            report(task);
        } else {
            fail_parent(*parent, task);
        }
    }
    if (parent->children_.empty()) {
        if (parent->finished_) {
            parent->status_ = parent->child_failed_ ? Task::Status::failed : parent->finished_status_;
            end(*parent);
        } else if (parent->rare_ != nullptr && parent->rare_->children_waiter) {
            Suspension waiter = std::move(parent->rare_->children_waiter);
            waiter.resume();
        }
    }
}

void Scheduler::fail_parent(Task& parent, const Task& child)
{
    lua_State* L = vm_.state();
    if (parent.child_failed_ || child.failure_ == LUA_NOREF) {
        return;
    }
    parent.child_failed_ = true;
    luaL_unref(L, LUA_REGISTRYINDEX, parent.failure_);
    lua_rawgeti(L, LUA_REGISTRYINDEX, child.failure_);
    parent.failure_ = luaL_ref(L, LUA_REGISTRYINDEX);
    cancel(parent);
}

void Scheduler::report(Task& task)
{
    const auto output = task.output();
    (output ? *output : vm_.services().diagnostics)(failure_text(task) + "\n");
}

std::string Scheduler::failure_text(const Task& task)
{
    lua_State* L = vm_.state();
    std::string text = "not enough memory";  // not even for a record of the failure
    lua_rawgeti(L, LUA_REGISTRYINDEX, task.failure_);
    if (lua_istable(L, -1)) {
        lua_getfield(L, -1, "traceback");
        if (lua_isnil(L, -1)) {  // a "cancelled" that came from another task's end
            lua_pop(L, 1);
            lua_getfield(L, -1, "error");
            if (luaL_callmeta(L, -1, "__tostring") != 0) {
                lua_remove(L, -2);
            }
        }
        std::size_t size = 0;
        if (const char* chars = lua_tolstring(L, -1, &size)) {
            text.assign(chars, size);
        }
        lua_pop(L, 1);
    }
    lua_pop(L, 1);
    return vm_.memory().explained(std::move(text));
}

void Scheduler::cancel(Task& task)
{
    if (task.ended() || task.cancel_requested_) {
        return;
    }
    task.cancel_requested_ = true;
    if (!task.started_) {
        return;  // it is in the queue, and ends there
    }
    if (!task.shielded_ && task.waiting_) {
        request_cancel(task);
    }
}

void Scheduler::request_cancel(Task& task)
{
    task.raise_ = "cancelled";
    if (task.on_cancel_) {
        task.on_cancel_();
    }
}

std::uint64_t Scheduler::join(Task& task, Suspension waiter, std::function<int(lua_State*)> outcome)
{
    const std::uint64_t number = next_joiner_++;
    task.rare().joiners.push_back({number, std::move(waiter), std::move(outcome)});
    return number;
}

Suspension Scheduler::forget_joiner(Task& task, std::uint64_t joiner)
{
    auto& joiners = task.rare().joiners;
    const auto found =
        std::find_if(joiners.begin(), joiners.end(), [&](const auto& entry) { return entry.number == joiner; });
    if (found == joiners.end()) {
        return {};
    }
    Suspension waiter = std::move(found->waiter);
    joiners.erase(found);
    return waiter;
}

void Scheduler::cancel_children()
{
    for (const auto& child : std::vector(current_->children_.begin(), current_->children_.end())) {
        cancel(*child);
    }
}

bool Scheduler::hand_over(lua_State* L)
{
    Task& task = *current_;
    if (!task.hands_over_ || task.cancel_requested_) {
        return false;
    }
    Task& parent = *task.parent_;
    for (const auto& child : task.children_) {
        child->parent_ = &parent;
        child->supervised_ = true;
        child->apart_ = true;
    }
    parent.children_.splice(parent.children_.end(), task.children_);
    if (task.deferred_ != LUA_NOREF) {
        push_deferred(L, parent, true);
        push_deferred(L, task, false);
        append_list(L);
        luaL_unref(L, LUA_REGISTRYINDEX, std::exchange(task.deferred_, LUA_NOREF));
    }
    return true;
}

void Scheduler::push_deferred(lua_State* L, bool create)
{
    push_deferred(L, *current_, create);
}

void Scheduler::push_deferred(lua_State* L, Task& task, bool create)
{
    if (task.deferred_ == LUA_NOREF) {
        if (!create) {
            lua_pushnil(L);
            return;
        }
        lua_createtable(L, 6, 0);
        task.deferred_ = luaL_ref(L, LUA_REGISTRYINDEX);
    }
    lua_rawgeti(L, LUA_REGISTRYINDEX, task.deferred_);
}

void Scheduler::push_failure(lua_State* L, const Task& task)
{
    lua_rawgeti(L, LUA_REGISTRYINDEX, task.failure_);
}

int Scheduler::push_results(lua_State* L, const Task& task)
{
    luaL_checkstack(L, task.results_, "too many results");
    for (int i = 0; i < task.results_; ++i) {
        lua_pushvalue(task.thread_, i + 2);
        lua_xmove(task.thread_, L, 1);
    }
    return task.results_;
}

// LuaJIT cannot throw into a coroutine that waits. But a count hook is called before the first instruction that the
// coroutine executes after its resume, and a hook may throw. (Compiled code calls no hooks; a resume never leads
// directly into compiled code because Vm switches off stitching, the only way there.) When pcall has called the waiting
// function directly, there is no such instruction before pcall has returned: the error then passes it by.
void Scheduler::raise_in(lua_State* thread, const char* code)
{
    raise_target_ = thread;
    raise_code_ = code;
    lua_sethook(vm_.state(), raise_hook, LUA_MASKCOUNT, 1);
}

void Scheduler::raise_hook(lua_State* L, lua_Debug*)
{
    Scheduler& scheduler = of(L);
    if (scheduler.raise_target_ != L) {
        return;
    }
    scheduler.raise_target_ = nullptr;
    lua_sethook(L, nullptr, 0, 0);
    const std::string_view code = scheduler.raise_code_;
    if (code == "memory") {
        lua_pushliteral(L, "not enough memory");
    } else if (code == "yield") {
        lua_pushliteral(L, "a task yielded to nobody: only calls that wait may suspend it");
    } else {
        push_error(L, code, std::string(scheduler.current_->waiting_for_) + ": the task was cancelled");
    }
    lua_error(L);
}

}  // namespace moonwire::script
