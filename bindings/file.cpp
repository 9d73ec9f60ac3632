#include "bindings/core/guard.hpp"
#include "bindings/core/loop.hpp"
#include "bindings/core/stack.hpp"
#include "bindings/core/userdata.hpp"
#include "bindings/failure.hpp"
#include "bindings/open.hpp"
#include "host/file/notified_watch.hpp"
#include "host/file/polled_watch.hpp"
#include "host/script/suspension.hpp"

#include <memory>
#include <string>

namespace moonwire::bindings {

using WatchHandle = std::shared_ptr<file::Watch>;

template <>
struct LuaType<WatchHandle> {
    static constexpr const char* name = "a watcher of a file";
};

namespace {

constexpr const char* watcher_class = "moonwire.file.Watcher";

std::string check_path(lua_State* L, int index)
{
    const auto path = check_string(L, index, "path");
    if (path.empty() || path.ends_with('/') || path.find('\0') != std::string_view::npos) {
        argument_error(L, index, "path", "the path of a file");
    }
    return std::string(path);
}

// file.watch(path [, options]) -> watcher | nil, err
int file_watch(lua_State* L)
{
    const std::string path = check_path(L, 1);
    Options options(L, 2, "options");
    const auto interval = options.duration("poll");
    if (interval && *interval < std::chrono::milliseconds(1)) {
        lua_getfield(L, 2, "poll");
        options.error("poll", "at least 0.001 seconds");
    }
    options.finish();
    if (interval) {
        push_object<WatchHandle>(L, watcher_class, std::make_shared<file::PolledWatch>(loop_of(L), path, *interval));
        return 1;
    }
    const auto watch = file::NotifiedWatch::start(loop_of(L), path);
    if (!watch) {
        return push_failure(L, watch.error());
    }
    push_object<WatchHandle>(L, watcher_class, *watch);
    return 1;
}

// watcher:wait([timeout]) -> true | nil, err
int watcher_wait(lua_State* L)
{
    const WatchHandle watch = check<WatchHandle>(L, 1);
    const auto timeout = opt_duration(L, 2, "timeout");
    if (watch->waiting()) {
        return luaL_error(L,
                          "wait: another task waits for changes of this file already; it needs a watcher of its own");
    }
    auto task = script::Suspension::of(L, "wait");
    task.on_cancel([watch] { watch->cancel_wait(); });
    watch->async_wait(timeout, [path = watch->path(), task = std::move(task)](const net::error_code& error) mutable {
        task.resume_with([&](lua_State* to) {
            if (error) {
                return push_failure(to, error, "wait for changes of " + path);
            }
            lua_pushboolean(to, 1);
            return 1;
        });
    });
    return script::task_waits(L);
}

// watcher:close()
int watcher_close(lua_State* L)
{
    check<WatchHandle>(L, 1)->close();
    return 0;
}

int watcher_collect(lua_State* L)
{
    if (const WatchHandle* watch = test<WatchHandle>(L, 1)) {
        (*watch)->close();
    }
    return collect<WatchHandle>(L);
}

int watcher_to_string(lua_State* L)
{
    const WatchHandle& watch = check<WatchHandle>(L, 1);
    lua_pushstring(L, ("watcher of " + watch->path() + (watch->closed() ? " (closed)" : "")).c_str());
    return 1;
}

}  // namespace

int open_file(lua_State* L)
{
    const luaL_Reg methods[] = {
        {"wait", guard<watcher_wait>},
        {"close", guard<watcher_close>},
        {nullptr, nullptr},
    };
    define_class(L, watcher_class, methods, guard<watcher_collect>, guard<watcher_to_string>);
    const luaL_Reg functions[] = {
        {"watch", guard<file_watch>},
        {nullptr, nullptr},
    };
    lua_newtable(L);
    luaL_register(L, nullptr, functions);
    return 1;
}

}  // namespace moonwire::bindings
