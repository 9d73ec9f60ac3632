#pragma once

#include "host/loop/handler.hpp"
#include "host/loop/loop.hpp"
#include "host/net/error.hpp"
#include "host/net/operation.hpp"
#include "host/process/child.hpp"
#include "host/process/start.hpp"

#include <cstddef>
#include <memory>
#include <optional>
#include <string>

namespace moonwire::process {

struct RunRequest {
    StartRequest start;
    std::string input;                          ///< written to standard input, which then ends, if that is a pipe
    std::size_t max_output = 16 * 1024 * 1024;  ///< bytes that each of the two streams may bring
    std::optional<observe::Duration> timeout;   ///< for all of it
    observe::Duration grace = std::chrono::seconds(2);  ///< between SIGTERM and SIGKILL, when it must end early
};

struct RunResult {
    Exit exit;
    std::string output;  ///< empty where the stream is not a pipe
    std::string error_output;
};

/// With a failure the result has what the program had written until then.
using RunHandler = loop::Handler<void(net::Failure, RunResult)>;

/// Runs a program to its end: feeds it, and reads both of its outputs at the same time, so that it never has to wait
/// for this side. It fails with errc::timeout, and with errc::too_long when an output grows beyond the limit; then, and
/// when it is cancelled, the handler is called after the program and all that it has started have ended. An output that
/// a process keeps open which has left the program's group is waited for no longer than `grace` after the program's
/// end.
std::shared_ptr<net::Operation> async_run(loop::Loop& loop, RunRequest request, RunHandler handler);

}  // namespace moonwire::process
