#pragma once

#include <moonwire/engine.hpp>

#include <string>
#include <utility>
#include <vector>

namespace moonwire::report {

/// A table of the page: what each connection took, say.
struct Table {
    std::string title;
    std::string note;  ///< a sentence below the title: where the numbers are from
    std::vector<std::string> columns;
    std::vector<std::vector<std::string>> rows;
};

/// What a page tells of a run. All texts may have any bytes.
struct Report {
    std::string scenario;  ///< "pmu/tcp"
    std::string summary;   ///< of the scenario
    std::string outcome;   ///< "done"
    bool good = true;
    std::string error{};
    std::string command{};  ///< that plays the same again
    std::string began{};    ///< in UTC
    std::vector<std::pair<std::string, std::string>> parameters{};
    std::vector<Table> tables{};  ///< behind what the page shows of every run
};

/// The page's file: `result` with its recording, if there is one.
std::string html(const Report& report, const Result& result);

}  // namespace moonwire::report
