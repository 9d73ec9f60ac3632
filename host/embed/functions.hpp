#pragma once

#include "host/loop/loop.hpp"

#include <moonwire/engine.hpp>

#include <lua.hpp>

#include <memory>
#include <mutex>

namespace moonwire::embed {

/// The way back into an engine for other threads; closed before the engine goes.
class Gate
{
public:
    explicit Gate(loop::Loop& loop) : loop_(&loop) {}

    /// False if the engine is gone: then nothing was done.
    bool post(loop::Handler<void()> handler);
    void close();

private:
    std::mutex mutex_;
    loop::Loop* loop_;
};

/// Pushes a Lua function that calls the C++ one.
void push_function(lua_State* L, Function function);
void push_async_function(lua_State* L, AsyncFunction function, std::shared_ptr<Gate> gate);

}  // namespace moonwire::embed
