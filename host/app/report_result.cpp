#include "host/app/commands.hpp"
#include "host/app/exit_status.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdio>

namespace moonwire::app {

namespace {

std::string figure_text(const Value& value)
{
    if (const auto* number = std::get_if<double>(&value)) {
        // Counts are exact: 1000000 bytes, not 1e+06.
        const bool is_whole = std::trunc(*number) == *number && std::abs(*number) < 1e15;
        return is_whole ? fmt::format("{:.0f}", *number) : fmt::format("{:.6g}", *number);
    }
    const auto* text = std::get_if<std::string>(&value);
    return text != nullptr ? *text : std::string();
}

void print_figures(const std::vector<Figure>& figures)
{
    std::size_t width = 0;
    for (const Figure& figure : figures) {
        width = std::max(width, figure.name.size());
    }
    for (const Figure& figure : figures) {
        fmt::print(stderr, "{:.<{}} {} {}\n", figure.name + " ", width + 4, figure_text(figure.value), figure.unit);
    }
}

}  // namespace

int report_result(const Result& result)
{
    std::fflush(stdout);
    print_figures(result.figures);
    switch (result.outcome) {
    case Outcome::done:
        return done;
    case Outcome::interrupted:
        fmt::print(stderr, "moonwire: interrupted\n");
        return interrupted;
    case Outcome::failed:
        break;
    }
    fmt::print(stderr, "moonwire: {}\n", result.error);
    return failed;
}

}  // namespace moonwire::app
