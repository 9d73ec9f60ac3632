#pragma once

#include "host/process/child.hpp"
#include "tests/unit/net/support.hpp"

#include <csignal>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace moonwire::test {

inline process::StartRequest program(std::string name, std::vector<std::string> arguments = {})
{
    process::StartRequest request;
    request.program = std::move(name);
    request.arguments = std::move(arguments);
    return request;
}

inline process::StartRequest shell(std::string script)
{
    return program("sh", {"-c", std::move(script)});
}

inline std::shared_ptr<process::Child> start(loop::Loop& loop, const process::StartRequest& request)
{
    auto child = process::Child::start(loop, request);
    if (!child) {
        FAIL(child.error().message);
    }
    return *child;
}

/// What a wait for a child's end comes to.
struct EndOutcome {
    net::error_code error;
    process::Exit exit;
};

inline auto note_end(std::optional<EndOutcome>& outcome)
{
    return [&outcome](const net::error_code& error, const process::Exit& exit) { outcome = EndOutcome{error, exit}; };
}

inline EndOutcome wait(loop::Loop& loop, process::Child& child)
{
    std::optional<EndOutcome> outcome;
    child.async_wait(std::nullopt, note_end(outcome));
    REQUIRE(run_until(loop, [&] { return outcome.has_value(); }));
    return *outcome;
}

inline EndOutcome terminate(loop::Loop& loop, process::Child& child, Duration grace)
{
    std::optional<EndOutcome> outcome;
    child.async_terminate(grace, note_end(outcome));
    REQUIRE(run_until(loop, [&] { return outcome.has_value(); }));
    return *outcome;
}

/// All that a child writes to its standard output (1) or error (2).
inline std::string output(const process::Child& child, std::size_t number = 1)
{
    return read(*child.stream(number), all()).data;
}

inline std::string read_line(const process::Child& child)
{
    return read(*child.stream(1), line()).data;
}

}  // namespace moonwire::test
