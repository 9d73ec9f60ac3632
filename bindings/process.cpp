#include "bindings/await.hpp"
#include "bindings/core/guard.hpp"
#include "bindings/core/loop.hpp"
#include "bindings/core/stack.hpp"
#include "bindings/failure.hpp"
#include "bindings/open.hpp"
#include "bindings/process_options.hpp"
#include "bindings/stream.hpp"
#include "host/process/child.hpp"
#include "host/process/run.hpp"
#include "host/process/signal_name.hpp"
#include "host/script/vm.hpp"

#include <csignal>
#include <memory>
#include <string>

namespace moonwire::bindings {

using ChildHandle = std::shared_ptr<process::Child>;

template <>
struct LuaType<ChildHandle> {
    static constexpr const char* name = "a child process";
};

namespace {

using process::Exit;
using script::Suspension;
using script::task_waits;

constexpr const char* child_class = "moonwire.process.Child";
constexpr const char* input_class = "moonwire.process.Input";
constexpr const char* output_class = "moonwire.process.Output";
constexpr const char* own_function = "moonwire.process.own";

// { code = … } or { signal = … }
void push_exit(lua_State* L, const Exit& exit)
{
    lua_createtable(L, 0, 3);
    if (exit.signal != 0) {
        lua_pushstring(L, process::signal_name(exit.signal).c_str());
        lua_setfield(L, -2, "signal");
    } else {
        lua_pushinteger(L, exit.code);
        lua_setfield(L, -2, "code");
    }
}

// The child's environment in Lua is the table of its streams: one object each, however often it is asked for.
void push_child(lua_State* L, const ChildHandle& child)
{
    static constexpr const char* names[] = {"stdin", "stdout", "stderr"};
    push_object<ChildHandle>(L, child_class, child);
    lua_createtable(L, 0, 3);
    for (std::size_t i = 0; i < 3; ++i) {
        if (child->stream(i)) {
            push_object<StreamHandle>(L, i == 0 ? input_class : output_class, child->stream(i));
            lua_setfield(L, -2, names[i]);
        }
    }
    lua_setfenv(L, -2);
}

// process.start(program [, args [, options]]) -> child | nil, err
int process_start(lua_State* L)
{
    const StartArguments arguments = check_start_arguments(L);
    const auto child = process::Child::start(loop_of(L), arguments.request);
    if (!child) {
        return push_failure(L, child.error());
    }
    (*child)->grace = arguments.grace;
    for (std::size_t i = 0; i < 3; ++i) {
        if (const auto& stream = (*child)->stream(i)) {
            stream->read_timeout = arguments.read_timeout;
            stream->write_timeout = arguments.write_timeout;
        }
    }
    push_child(L, *child);
    lua_getfield(L, LUA_REGISTRYINDEX, own_function);
    lua_pushvalue(L, -2);
    lua_call(L, 1, 0);
    return 1;
}

using Streams = decltype(process::StartRequest::stdio);

int push_run_result(lua_State* L, const Streams& streams, const net::Failure& failure, const process::RunResult& result)
{
    if (failure.error) {
        push_failure(L, failure);
    } else {
        push_exit(L, result.exit);
    }
    const auto set = [&](std::size_t number, const char* name, const std::string& text) {
        if (streams.at(number) == process::Stdio::pipe) {
            lua_pushlstring(L, text.data(), text.size());
            lua_setfield(L, -2, name);
        }
    };
    set(1, "stdout", result.output);
    set(2, "stderr", result.error_output);
    return failure.error ? 2 : 1;
}

// process.run(program [, args [, options]]) -> result | nil, err
int process_run(lua_State* L)
{
    auto run = check_run_arguments(L);
    return await_operation(
        L, "process.run",
        [&](auto handler) { return process::async_run(loop_of(L), std::move(run), std::move(handler)); },
        [streams = run.start.stdio](lua_State* to, const net::Failure& failure, const process::RunResult& result) {
            return push_run_result(to, streams, failure, result);
        });
}

// native.task() -> the running task's coroutine
int process_task(lua_State* L)
{
    lua_State* thread = script::Scheduler::of(L).current()->thread();
    lua_pushthread(thread);
    lua_xmove(thread, L, 1);
    return 1;
}

// native.begin_end(child): starts its termination
int child_begin_end(lua_State* L)
{
    const ChildHandle& child = check<ChildHandle>(L, 1);
    child->terminate(child->grace);
    return 0;
}

template <class Start>
int await_end(lua_State* L, const char* what, const char* to_whom, Start start)
{
    const ChildHandle child = check<ChildHandle>(L, 1);
    auto task = Suspension::of(L, what);
    const auto number = std::make_shared<std::uint64_t>(0);
    task.on_cancel([child, number] { child->cancel_wait(*number); });
    *number = start(*child, [child, to_whom, task = std::move(task)](const net::error_code& error, Exit exit) mutable {
        task.resume_with([&](lua_State* to) {
            if (error) {
                return push_failure(to, error, to_whom + child->description());
            }
            push_exit(to, exit);
            return 1;
        });
    });
    return task_waits(L);
}

// child:wait([timeout]) -> status | nil, err
int child_wait(lua_State* L)
{
    const auto timeout = opt_duration(L, 2, "timeout");
    return await_end(L, "wait", "wait for ", [&](process::Child& child, auto handler) {
        return child.async_wait(timeout, std::move(handler));
    });
}

// child:terminate([grace]) -> status | nil, err
int child_terminate(lua_State* L)
{
    const auto grace = opt_duration(L, 2, "grace");
    return await_end(L, "terminate", "terminate ", [&](process::Child& child, auto handler) {
        return child.async_terminate(grace.value_or(child.grace), std::move(handler));
    });
}

int check_signal(lua_State* L, int index)
{
    std::optional<int> number = SIGKILL;
    if (!lua_isnoneornil(L, index)) {
        number =
            lua_type(L, index) == LUA_TSTRING ? process::signal_number(check_string(L, index, "signal")) : std::nullopt;
    }
    if (!number) {
        argument_error(L, index, "signal", "the name of a signal, like \"SIGINT\"");
    }
    return *number;
}

// child:kill([signal]) -> true | nil, err
int child_kill(lua_State* L)
{
    const ChildHandle& child = check<ChildHandle>(L, 1);
    const int signal = check_signal(L, 2);
    if (const auto error = child->signal(signal)) {
        return push_failure(L, error, "send " + process::signal_name(signal) + " to " + child->description());
    }
    lua_pushboolean(L, 1);
    return 1;
}

// child:pid() -> number
int child_pid(lua_State* L)
{
    lua_pushinteger(L, check<ChildHandle>(L, 1)->pid());
    return 1;
}

// child:running() -> boolean
int child_running(lua_State* L)
{
    lua_pushboolean(L, check<ChildHandle>(L, 1)->running());
    return 1;
}

// A stream, or a method (the first upvalue has them).
int child_index(lua_State* L)
{
    check<ChildHandle>(L, 1);
    lua_getfenv(L, 1);
    lua_pushvalue(L, 2);
    lua_rawget(L, -2);
    if (lua_isnil(L, -1)) {
        lua_pushvalue(L, 2);
        lua_rawget(L, lua_upvalueindex(1));
    }
    return 1;
}

int child_collect(lua_State* L)
{
    if (const ChildHandle* child = test<ChildHandle>(L, 1)) {
        (*child)->terminate((*child)->grace);
    }
    return collect<ChildHandle>(L);
}

int child_to_string(lua_State* L)
{
    lua_pushstring(L, check<ChildHandle>(L, 1)->description().c_str());
    return 1;
}

void define_classes(lua_State* L)
{
    define_stream_class(L, input_class, {}, Direction::out);
    define_stream_class(L, output_class, {}, Direction::in);
    const luaL_Reg methods[] = {
        {"wait", guard<child_wait>}, {"terminate", guard<child_terminate>}, {"kill", guard<child_kill>},
        {"pid", guard<child_pid>},   {"running", guard<child_running>},     {nullptr, nullptr},
    };
    define_class(L, child_class, methods, guard<child_collect>, guard<child_to_string>);
    luaL_getmetatable(L, child_class);
    push_methods(L, child_class);
    lua_pushvalue(L, -1);
    lua_setfield(L, -3, "__methods");  // for `help`, which cannot look into a function
    lua_pushcclosure(L, guard<child_index>, 1);
    lua_setfield(L, -2, "__index");
    lua_pop(L, 1);
}

}  // namespace

int open_process(lua_State* L)
{
    define_classes(L);
    const luaL_Reg native[] = {
        {"task", guard<process_task>},
        {"begin_end", guard<child_begin_end>},
        {nullptr, nullptr},
    };
    lua_newtable(L);
    luaL_register(L, nullptr, native);
    run_lua_part(L, "process", 1);  // gives the function that makes a child its task's own
    lua_setfield(L, LUA_REGISTRYINDEX, own_function);
    const luaL_Reg functions[] = {
        {"start", guard<process_start>},
        {"run", guard<process_run>},
        {nullptr, nullptr},
    };
    lua_newtable(L);
    luaL_register(L, nullptr, functions);
    return 1;
}

}  // namespace moonwire::bindings
