#include "host/observe/figures.hpp"

#include <algorithm>
#include <array>
#include <stdexcept>
#include <utility>

namespace moonwire::observe {

namespace {

void add_numbers(std::vector<Figures::NamedNumber>& numbers, const std::string& name, const Histogram& latencies)
{
    const auto seconds = [](Duration value) { return std::chrono::duration<double>(value).count(); };
    numbers.push_back({name + ".count", static_cast<double>(latencies.count()), {}});
    numbers.push_back({name + ".mean", latencies.mean_seconds(), "s"});
    numbers.push_back({name + ".min", seconds(latencies.min()), "s"});
    for (const int percent : {50, 90, 99}) {
        numbers.push_back({name + ".p" + std::to_string(percent), seconds(latencies.percentile(percent)), "s"});
    }
    numbers.push_back({name + ".max", seconds(latencies.max()), "s"});
}

}  // namespace

void Figures::set(std::string_view name, double value, std::string_view unit)
{
    Number& number = find<Number>(name);
    number.value = value;
    number.unit = unit;
}

const Figures::Figure* Figures::find(std::string_view name) const
{
    const auto found = by_name_.find(name);
    return found == by_name_.end() ? nullptr : found->second;
}

double Figures::seconds() const
{
    return std::chrono::duration<double>(ended_.value_or(clock_.now()) - began_).count();
}

std::vector<Figures::NamedNumber> Figures::numbers() const
{
    std::vector<NamedNumber> numbers;
    for (const Figure& figure : figures_) {
        if (const auto* number = std::get_if<Number>(&figure.data)) {
            numbers.push_back({figure.name, number->value, number->unit});
        } else if (const auto* count = std::get_if<Count>(&figure.data)) {
            numbers.push_back({figure.name, static_cast<double>(*count), {}});
            numbers.push_back({figure.name + ".rate", rate(*count), "/s"});
        } else {
            add_numbers(numbers, figure.name, std::get<Histogram>(figure.data));
        }
    }
    return numbers;
}

double Figures::rate(Count count) const
{
    const double run = seconds();
    return run > 0 ? static_cast<double>(count) / run : 0;
}

Figures::Figure& Figures::make(std::string_view name, std::variant<Number, Count, Histogram> data)
{
    const auto is_control = [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; };
    if (name.empty() || name.size() > longest_name || std::any_of(name.begin(), name.end(), is_control)) {
        throw std::invalid_argument("the name of a figure has 1 to " + std::to_string(longest_name) +
                                    " bytes, none of them a control character");
    }
    if (figures_.size() == max_figures) {
        throw std::invalid_argument("a run reports " + std::to_string(max_figures) + " figures at most, '" +
                                    std::string(name) + "' is one more");
    }
    Figure& figure = figures_.emplace_back(Figure{std::string(name), std::move(data)});
    by_name_.emplace(figure.name, &figure);
    return figure;
}

void Figures::refuse(const Figure& figure)
{
    throw std::invalid_argument("the figure '" + figure.name + "' is reported by report." +
                                std::string(kind_of(figure)) + " already: a name is of one kind");
}

std::string_view kind_of(const Figures::Figure& figure)
{
    constexpr std::array<std::string_view, 3> kinds = {"value", "count", "latency"};
    return kinds.at(figure.data.index());
}

}  // namespace moonwire::observe
