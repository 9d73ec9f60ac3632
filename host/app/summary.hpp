#pragma once

#include <moonwire/engine.hpp>

#include <string>

namespace moonwire::app {

/// A time for people: "1.20 ms".
std::string seconds_text(double seconds);

/// A number for people. Counts are exact: 1000000 bytes, not 1e+06.
std::string number_text(double number);

/// "rtt: p99 < 0.05 (0.0312)", or behind it why there is no such number.
std::string threshold_text(const JudgedThreshold& judged);

std::size_t count_missed(const Result& result);

/// What a run has reported and whether its thresholds were met, a line each; with a terminal's colours if wanted.
std::string summary(const Result& result, bool colours);

}  // namespace moonwire::app
