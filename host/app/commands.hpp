#pragma once

#include "host/app/trace_flags.hpp"

#include <moonwire/engine.hpp>

#include <optional>
#include <string>
#include <vector>

namespace moonwire::app {

using Arguments = std::vector<std::string>;

/// What every command that runs something takes.
struct EngineFlags {
    std::optional<std::string> seed;
    std::optional<std::string> memory;
    std::optional<std::string> pcap;
    std::string ledger;  ///< "table", "json", or empty
    bool virtual_time = false;
    TraceFlags trace;

    /// Throws UsageError.
    EngineOptions options() const;
};

// Each takes the arguments behind its name and returns the exit status. UsageError for what the user got wrong.
int run_command(const Arguments& arguments);
int list_command(const Arguments& arguments);
int help_command(const Arguments& arguments);
int setup_command(const Arguments& arguments);
int sweep_command(const Arguments& arguments);
int new_command(const Arguments& arguments);
int attach_command(const Arguments& arguments);

/// `moonwire [-i] [-e CODE] [-l MODULE]… [FILE|-] [ARG…]`
int script_command(const Arguments& arguments);

/// `moonwire repl`: the same with -i.
int repl_command(const Arguments& arguments);

/// Says how a run has ended, and returns its exit status.
int report_result(const Result& result);

/// "run", "list", …
const std::vector<std::string>& command_names();

}  // namespace moonwire::app
