#pragma once

#include <moonwire/trace.hpp>

#include <optional>
#include <string>

namespace CLI {
class App;
}

namespace moonwire::app {

/// `--trace[=FORMAT]`, `--trace-detail DETAIL`, `--trace-file FILE`: any of them asks for a trace.
struct TraceFlags {
    std::optional<std::string> format;
    std::optional<std::string> detail;
    std::optional<std::string> file;

    /// Nothing if no trace is asked for. Opens the file. Throws UsageError.
    std::optional<TraceOptions> options() const;
};

void add_trace_flags(CLI::App& app, TraceFlags& flags);

}  // namespace moonwire::app
