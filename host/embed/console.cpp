#include "host/embed/console.hpp"

#include "bindings/core/guard.hpp"
#include "host/embed/functions.hpp"
#include "host/embed/values.hpp"
#include "host/script/suspension.hpp"

#include <stdexcept>
#include <utility>

namespace moonwire::embed {

namespace {

class LuaConsole final : public Console
{
public:
    LuaConsole(script::Vm& vm, ConsoleOptions options)
        : vm_(vm), options_(std::make_shared<ConsoleOptions>(std::move(options)))
    {
        if (options_->takes_prints) {
            output_ = std::make_shared<const script::Output>([this](std::string_view text) { options_->output(text); });
        }
        const auto make = [](lua_State* L) {
            auto& self = *static_cast<LuaConsole*>(lua_touserdata(L, 1));
            self.make(L);
            return 0;
        };
        if (const auto failure = vm_.protect(make, this)) {
            throw std::runtime_error("cannot open a console: " + *failure);
        }
    }

    ~LuaConsole() override
    {
        cancel();
        options_->output = options_->errors = [](std::string_view) {};
        for (const int reference : {is_complete_, evaluate_, complete_, hint_, set_width_}) {
            luaL_unref(vm_.state(), LUA_REGISTRYINDEX, reference);
        }
    }

    bool is_complete(std::string_view text) override
    {
        bool complete = true;
        call(is_complete_, text, [&](lua_State* L) { complete = lua_toboolean(L, -2) != 0; });
        return complete;
    }

    void evaluate(std::string_view text, std::function<void(Outcome)> done) override
    {
        start(std::move(done), [&](lua_State* L) {
            lua_pushlstring(L, text.data(), text.size());
            return 1;
        });
    }

    void evaluate_file(std::string_view text, const std::string& name, const std::vector<std::string>& arguments,
                       std::function<void(Outcome)> done) override
    {
        start(std::move(done), [&](lua_State* L) {
            lua_pushlstring(L, text.data(), text.size());
            lua_pushlstring(L, name.data(), name.size());
            luaL_checkstack(L, static_cast<int>(arguments.size()), "too many arguments");
            for (const std::string& argument : arguments) {
                lua_pushlstring(L, argument.data(), argument.size());
            }
            return 2 + static_cast<int>(arguments.size());
        });
    }

    void cancel() override
    {
        if (task_ != nullptr) {
            vm_.scheduler().cancel(*task_);
        }
    }

    Candidates complete(std::string_view text) override
    {
        Candidates candidates{text.size(), {}};
        call(complete_, text, [&](lua_State* L) {
            candidates.start = static_cast<std::size_t>(lua_tointeger(L, -2)) - 1;
            for (int i = 1; i <= static_cast<int>(lua_objlen(L, -1)); ++i) {
                lua_rawgeti(L, -1, i);
                candidates.words.push_back(std::get<std::string>(to_value(L, -1)));
                lua_pop(L, 1);
            }
        });
        return candidates;
    }

    std::string hint(std::string_view text) override
    {
        std::string hint;
        call(hint_, text, [&](lua_State* L) { hint = std::get<std::string>(to_value(L, -2)); });
        return hint;
    }

    void set_columns(std::size_t columns) override
    {
        lua_State* L = vm_.state();
        lua_rawgeti(L, LUA_REGISTRYINDEX, set_width_);
        lua_pushinteger(L, static_cast<lua_Integer>(columns));
        lua_call(L, 1, 0);
    }

private:
    void push_writer(lua_State* L, std::function<void(std::string_view)> ConsoleOptions::*where)
    {
        push_function(L, [options = options_, where](const Values& values) {
            ((*options).*where)(std::get<std::string>(values.at(0)));
            return Values{};
        });
    }

    void make(lua_State* L)
    {
        push_console_module(L);
        lua_getfield(L, -1, "new");
        lua_createtable(L, 0, 5);
        push_writer(L, &ConsoleOptions::output);
        lua_setfield(L, -2, "write");
        push_writer(L, &ConsoleOptions::errors);
        lua_setfield(L, -2, "write_error");
        lua_pushboolean(L, options_->colours);
        lua_setfield(L, -2, "colours");
        lua_pushinteger(L, static_cast<lua_Integer>(options_->columns));
        lua_setfield(L, -2, "width");
        push_list(L, options_->modules);
        lua_setfield(L, -2, "modules");
        lua_call(L, 1, 1);
        const auto take = [L](const char* name) {
            lua_getfield(L, -1, name);
            return luaL_ref(L, LUA_REGISTRYINDEX);
        };
        is_complete_ = take("is_complete");
        evaluate_ = take("evaluate");
        complete_ = take("complete");
        hint_ = take("hint");
        set_width_ = take("set_width");
    }

    /// Calls one of the console's functions with a text, outside of any task; `use` finds two results on the stack. An
    /// error is as good as no answer.
    template <class Use>
    void call(int function, std::string_view text, Use use)
    {
        struct Call {
            int function;
            std::string_view text;
            Use& use;
        } call{function, text, use};
        vm_.protect(
            [](lua_State* L) {
                auto& c = *static_cast<Call*>(lua_touserdata(L, 1));
                lua_rawgeti(L, LUA_REGISTRYINDEX, c.function);
                lua_pushlstring(L, c.text.data(), c.text.size());
                lua_call(L, 1, 2);
                c.use(L);
                return 0;
            },
            &call);
    }

    template <class Push>
    void start(std::function<void(Outcome)> done, Push push)
    {
        script::Scheduler& scheduler = vm_.scheduler();
        lua_State* L = vm_.state();
        if (task_ != nullptr || !scheduler.takes_lines()) {
            throw std::logic_error("a console evaluates one entry at a time, while its engine runs");
        }
        lua_rawgeti(L, LUA_REGISTRYINDEX, evaluate_);
        const int arguments = push(L);
        task_ =
            scheduler.spawn_line(L, arguments, output_, [this, here = std::weak_ptr(here_), done = std::move(done)] {
                if (!here.expired()) {
                    done(finish());
                }
            });
    }

    Outcome finish()
    {
        const auto task = std::exchange(task_, nullptr);
        switch (task->status()) {
        case script::Task::Status::done: {
            lua_State* L = vm_.state();
            vm_.scheduler().push_results(L, *task);
            const bool ok = lua_toboolean(L, -1) != 0;
            lua_pop(L, 1);
            return ok ? Outcome::done : Outcome::failed;
        }
        case script::Task::Status::failed:  // by a task that it had started
            options_->errors(vm_.scheduler().failure_text(*task) + "\n");
            return Outcome::failed;
        default:
            return Outcome::interrupted;
        }
    }

    script::Vm& vm_;
    std::shared_ptr<ConsoleOptions> options_;       // shared with what Lua calls
    std::shared_ptr<const script::Output> output_;  // gone with the console: then it is the engine's again
    std::shared_ptr<script::Task> task_;
    std::shared_ptr<char> here_ = std::make_shared<char>();

    // In the registry: the functions of lua/console.lua.
    int is_complete_ = LUA_NOREF;
    int evaluate_ = LUA_NOREF;
    int complete_ = LUA_NOREF;
    int hint_ = LUA_NOREF;
    int set_width_ = LUA_NOREF;
};

struct UntilCancelled {
    script::Suspension task;
};

int wait_for_cancel(lua_State* L)
{
    auto waiting = std::make_shared<UntilCancelled>();
    waiting->task = script::Suspension::of(L, "the end of the session");
    auto& loop = script::Vm::of(L).services().loop;
    waiting->task.on_cancel([waiting, &loop] {
        loop.post([waiting] {
            script::Suspension task = std::move(waiting->task);
            task.resume();
        });
    });
    return script::task_waits(L);
}

}  // namespace

std::unique_ptr<Console> make_console(script::Vm& vm, ConsoleOptions options)
{
    return std::make_unique<LuaConsole>(vm, std::move(options));
}

void push_wait_for_cancel(lua_State* L)
{
    lua_pushcfunction(L, bindings::guard<wait_for_cancel>);
}

}  // namespace moonwire::embed
