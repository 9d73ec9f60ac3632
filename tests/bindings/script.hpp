#pragma once

#include <moonwire/engine.hpp>

#include <string>

namespace moonwire::test {

/// What a script has come to.
struct Ran {
    Result result;
    std::string output;
    std::string diagnostics;
};

/// Runs a script with all modules at hand as globals, in an engine of its own with virtual time: waits take no time.
inline Ran run_script(const std::string& source, EngineOptions options = {})
{
    Ran ran;
    options.virtual_time = true;
    options.output = [&](std::string_view text) { ran.output += text; };
    options.diagnostics = [&](std::string_view text) { ran.diagnostics += text; };
    Engine engine(options);
    for (const char* module :
         {"clock",  "dns",    "file",     "help",  "http", "impair", "inspect", "json", "multicast", "process",
          "random", "report", "scenario", "stdio", "task", "tcp",    "tls",     "udp",  "ws",        "x509"}) {
        engine.preload("moonwire." + std::string(module));
    }
    ran.result = engine.run_string(source, "test.lua");
    return ran;
}

/// The output of a script that must not fail.
inline std::string output_of(const std::string& source)
{
    const Ran ran = run_script(source);
    return ran.result.outcome == Outcome::done ? ran.output : "FAILED: " + ran.result.error + "\n" + ran.output;
}

/// The error of a script that must fail.
inline std::string error_of(const std::string& source, EngineOptions options = {})
{
    const Ran ran = run_script(source, std::move(options));
    return ran.result.outcome == Outcome::failed ? ran.result.error : "DID NOT FAIL: " + ran.output;
}

}  // namespace moonwire::test
