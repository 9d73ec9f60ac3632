#pragma once

#include "host/sweep/results.hpp"

#include <optional>
#include <string>
#include <vector>

namespace moonwire::sweep {

/// For people: each figure over the combinations.
std::string table(const Results& results);

/// A line a run (RFC 4180): its parameters, its seed, its outcome and its figures.
std::string csv(const Results& results);

/// Everything: the runs, and what they tell together.
std::string json(const Results& results);

/// A web page: a chart a figure over the first axis, with the confidence intervals, and the tables.
std::string html(const Results& results);

/// A figure's table: a row of headings, then one a combination, all with as many cells.
std::vector<std::vector<std::string>> figure_rows(const Results& results, const std::string& figure);

/// A number of a table: whole ones as they are, others with at least four digits.
std::string number_text(double number);

/// The same, or a dash.
std::string number_text(const std::optional<double>& number);

/// A parameter's or a figure's name with its unit: "timeout (seconds)".
std::string with_unit(const std::string& name, const std::string& unit);

}  // namespace moonwire::sweep
