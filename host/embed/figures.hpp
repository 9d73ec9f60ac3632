#pragma once

#include "host/observe/figures.hpp"

#include <moonwire/engine.hpp>

#include <vector>

namespace moonwire::embed {

/// What a run has reported, and when, for those who embed the host.
void read_figures(const observe::Figures& figures, Result& result);

/// The thresholds that count: of a figure those that are `given` take the place of those that are `declared`. Throws
/// UsageError if one that is given makes no sense.
std::vector<Threshold> choose_thresholds(const std::vector<Threshold>& declared, const std::vector<Threshold>& given);

std::vector<JudgedThreshold> judge(const std::vector<Threshold>& thresholds, const observe::Figures& figures);

}  // namespace moonwire::embed
