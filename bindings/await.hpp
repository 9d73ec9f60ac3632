#pragma once

#include "host/loop/loop.hpp"
#include "host/net/error.hpp"
#include "host/net/operation.hpp"
#include "host/net/stream.hpp"
#include "host/script/suspension.hpp"

#include <lua.hpp>

#include <cstdint>
#include <memory>
#include <utility>

namespace moonwire::bindings {

// How binding functions wait. Each of these ends one: `return await_…(L, …);`

/// Hands out an answer that was there at once: at once, too, but after many of them in one go lets everybody else run
/// first, so that a task which never has to wait can neither starve the others nor escape its cancellation.
/// `push(L)` pushes the answer; `push.kept()` is the same with all that it refers to.
template <class Push>
int answer_at_once(lua_State* L, const char* what, loop::Loop& loop, const Push& push)
{
    if (loop.may_answer()) {
        return push(L);
    }
    loop.post([task = script::Suspension::of(L, what), push = push.kept()]() mutable { task.resume_with(push); });
    return script::task_waits(L);
}

/// Waits for the Operation that `start(handler)` begins; `push(L, results…)` pushes what its handler is called with.
template <class Start, class Push>
int await_operation(lua_State* L, const char* what, Start start, Push push)
{
    auto task = script::Suspension::of(L, what);
    const auto operation = std::make_shared<std::shared_ptr<net::Operation>>();
    task.on_cancel([operation] { (*operation)->cancel(); });
    *operation = start([push = std::move(push), task = std::move(task)](auto&&... results) mutable {
        task.resume_with([&](lua_State* to) { return push(to, std::forward<decltype(results)>(results)...); });
    });
    return script::task_waits(L);
}

/// Waits for the write that `start(handler)` begins on `stream` and that it returns the number of; `push(L, error)`
/// pushes what has come of it.
template <class Start, class Push>
int await_write(lua_State* L, const char* what, const std::shared_ptr<net::Stream>& stream, Start start, Push push)
{
    auto task = script::Suspension::of(L, what);
    const auto number = std::make_shared<std::uint64_t>(0);
    task.on_cancel([stream, number] { stream->cancel_write(*number); });
    *number = start([stream, push = std::move(push), task = std::move(task)](const net::error_code& error) mutable {
        task.resume_with([&](lua_State* to) { return push(to, error); });
    });
    return script::task_waits(L);
}

}  // namespace moonwire::bindings
