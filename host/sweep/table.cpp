#include "host/sweep/report.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>
#include <vector>

namespace moonwire::sweep {

namespace {

using Row = std::vector<std::string>;

// Characters, not bytes: names may have any.
std::size_t width_of(const std::string& text)
{
    return static_cast<std::size_t>(
        std::count_if(text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xc0) != 0x80; }));
}

std::string aligned(const std::vector<Row>& rows)
{
    std::vector<std::size_t> widths(rows.front().size());
    for (const Row& row : rows) {
        for (std::size_t i = 0; i < row.size(); ++i) {
            widths[i] = std::max(widths[i], width_of(row[i]));
        }
    }
    std::string text;
    for (const Row& row : rows) {
        for (std::size_t i = 0; i < row.size(); ++i) {
            text += "  " + std::string(widths[i] - width_of(row[i]), ' ') + row[i];
        }
        text += '\n';
    }
    return text;
}

Row heading(const Plan& plan, std::initializer_list<const char*> columns)
{
    Row row;
    for (const Axis& axis : plan.axes) {
        row.push_back(axis.parameter.name);
    }
    row.insert(row.end(), columns.begin(), columns.end());
    return row;
}

Row combination(const Plan& plan, std::size_t index)
{
    Row row;
    for (const Value& value : plan.combination(index)) {
        row.push_back(text_of(value));
    }
    return row;
}

std::string failure_table(const Results& results)
{
    std::vector<Row> rows = {heading(results.plan(), {"failed", "of"})};
    for (std::size_t i = 0; i < results.plan().combinations(); ++i) {
        Row row = combination(results.plan(), i);
        row.push_back(std::to_string(results.failures(i)));
        row.push_back(std::to_string(results.plan().repeat));
        rows.push_back(std::move(row));
    }
    return "runs that failed, whose figures do not count\n" + aligned(rows) + "\n";
}

}  // namespace

std::vector<Row> figure_rows(const Results& results, const std::string& figure)
{
    std::vector<Row> rows = {heading(results.plan(), {"n", "mean", "deviation", "95 % from", "to"})};
    for (std::size_t i = 0; i < results.plan().combinations(); ++i) {
        const auto summary = results.summary(i, figure);
        const Summary known = summary.value_or(Summary());
        Row row = combination(results.plan(), i);
        row.push_back(std::to_string(known.n));
        row.push_back(summary ? number_text(summary->mean) : "–");
        for (const auto& number : {known.deviation, known.low, known.high}) {
            row.push_back(number_text(number));
        }
        rows.push_back(std::move(row));
    }
    return rows;
}

std::string number_text(double number)
{
    if (std::trunc(number) == number && std::abs(number) < 1e15) {
        return fmt::format("{:.0f}", number + 0.0);  // -0 is 0
    }
    return std::abs(number) >= 1000 && std::abs(number) < 1e15 ? fmt::format("{:.1f}", number)
                                                               : fmt::format("{:.4g}", number);
}

std::string number_text(const std::optional<double>& number)
{
    return number ? number_text(*number) : "–";
}

std::string with_unit(const std::string& name, const std::string& unit)
{
    return unit.empty() ? name : name + " (" + unit + ")";
}

std::string table(const Results& results)
{
    std::string text;
    for (const Results::Reported& figure : results.figures()) {
        text += with_unit(figure.name, figure.unit) + "\n" + aligned(figure_rows(results, figure.name)) + "\n";
    }
    if (results.failures() > 0) {
        text += failure_table(results);
    }
    return text;
}

}  // namespace moonwire::sweep
