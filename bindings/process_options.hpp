#pragma once

#include "bindings/core/stack.hpp"
#include "host/process/run.hpp"
#include "host/process/start.hpp"

#include <optional>

namespace moonwire::bindings {

/// What `process.start` is called with: program, arguments, options.
struct StartArguments {
    process::StartRequest request;
    observe::Duration grace{};
    std::optional<observe::Duration> read_timeout;
    std::optional<observe::Duration> write_timeout;
};

StartArguments check_start_arguments(lua_State* L);

/// The same for `process.run`.
process::RunRequest check_run_arguments(lua_State* L);

}  // namespace moonwire::bindings
