#pragma once

#include "host/app/run_facts.hpp"

#include <string>

namespace moonwire::app {

// A run as text for other programs. Text that scripts and peers have chosen may have any bytes.

/// What `--json` writes: see `moonwire help run`.
std::string json_record(const RunFacts& facts, const Result& result);

/// What `--junit` writes: a test case for the run itself, and one for each threshold.
std::string junit_record(const RunFacts& facts, const Result& result);

/// What `--report` writes: a page for people.
std::string html_record(const RunFacts& facts, const Result& result);

/// "2026-01-31T12:00:00.000Z"
std::string time_text(std::chrono::system_clock::time_point time);

}  // namespace moonwire::app
