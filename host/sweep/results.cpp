#include "host/sweep/results.hpp"

#include <algorithm>
#include <cmath>
#include <set>

namespace moonwire::sweep {

namespace {

std::optional<double> number_in(const Figure& figure)
{
    const auto* number = std::get_if<double>(&figure.value);
    return number != nullptr && std::isfinite(*number) ? std::optional(*number) : std::nullopt;
}

}  // namespace

std::optional<double> number_of(const Result& result, const std::string& figure)
{
    if (result.outcome != Outcome::done) {
        return std::nullopt;
    }
    const auto last = std::find_if(result.figures.rbegin(), result.figures.rend(),
                                   [&](const Figure& candidate) { return candidate.name == figure; });
    return last == result.figures.rend() ? std::nullopt : number_in(*last);
}

std::vector<Results::Reported> Results::figures() const
{
    std::vector<Reported> figures;
    std::set<std::string> names;
    for (const auto& run : runs_) {
        if (!run || run->outcome != Outcome::done) {
            continue;
        }
        for (const Figure& figure : run->figures) {
            if (number_in(figure) && names.insert(figure.name).second) {
                figures.push_back({figure.name, figure.unit});
            }
        }
    }
    return figures;
}

std::optional<Summary> Results::summary(std::size_t combination, const std::string& figure) const
{
    std::vector<double> values;
    for (std::size_t repetition = 0; repetition < plan_.repeat; ++repetition) {
        const auto& result = run(combination, repetition);
        if (const auto number = result ? number_of(*result, figure) : std::nullopt) {
            values.push_back(*number);
        }
    }
    return summarize(values);
}

std::size_t Results::failures(std::size_t combination) const
{
    std::size_t count = 0;
    for (std::size_t repetition = 0; repetition < plan_.repeat; ++repetition) {
        const auto& result = run(combination, repetition);
        if (result && result->outcome != Outcome::done) {
            ++count;
        }
    }
    return count;
}

std::size_t Results::failures() const
{
    std::size_t count = 0;
    for (std::size_t combination = 0; combination < plan_.combinations(); ++combination) {
        count += failures(combination);
    }
    return count;
}

}  // namespace moonwire::sweep
