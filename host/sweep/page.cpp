#include "host/page/page.hpp"
#include "embedded/sweep_parts.hpp"
#include "host/sweep/report.hpp"

#include <fmt/format.h>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include <utility>
#include <vector>

namespace moonwire::sweep {

namespace {

using page::escape;
using page::utf8;

boost::json::value number(const std::optional<double>& value)
{
    return value ? boost::json::value(*value) : boost::json::value();
}

std::size_t points(const Plan& plan)
{
    return plan.axes.front().values.size();
}

// The combinations over which the first axis is drawn: it turns slowest.
std::size_t series_count(const Plan& plan)
{
    return plan.combinations() / points(plan);
}

// What the series' combinations have in common: "runs=60, family=ipv4".
std::string series_label(const Plan& plan, std::size_t series)
{
    Plan others = plan;
    others.axes.erase(others.axes.begin());
    return others.label(series);
}

boost::json::object series_data(const Results& results, const std::string& figure, std::size_t series)
{
    boost::json::array mean;
    boost::json::array low;
    boost::json::array high;
    for (std::size_t point = 0; point < points(results.plan()); ++point) {
        const auto summary = results.summary(point * series_count(results.plan()) + series, figure);
        mean.push_back(summary ? boost::json::value(summary->mean) : boost::json::value());
        low.push_back(number(summary ? summary->low : std::nullopt));
        high.push_back(number(summary ? summary->high : std::nullopt));
    }
    const std::string label = series_label(results.plan(), series);
    return {{"label", utf8(label.empty() ? "mean" : label)}, {"mean", mean}, {"low", low}, {"high", high}};
}

// Words are drawn at 0, 1, 2, …
boost::json::object x_data(const Axis& axis)
{
    boost::json::array values;
    boost::json::array labels;
    for (const Value& value : axis.values) {
        const auto* digits = std::get_if<double>(&value);
        values.push_back(digits != nullptr ? *digits : static_cast<double>(values.size()));
        if (digits == nullptr) {
            labels.push_back(boost::json::value(utf8(text_of(value))));
        }
    }
    return {
        {"label", utf8(with_unit(axis.parameter.name, axis.parameter.unit))}, {"values", values}, {"words", labels}};
}

boost::json::object data(const Results& results)
{
    boost::json::array charts;
    for (const auto& figure : results.figures()) {
        boost::json::array series;
        for (std::size_t i = 0; i < series_count(results.plan()); ++i) {
            series.push_back(series_data(results, figure.name, i));
        }
        charts.push_back({{"unit", utf8(figure.unit)}, {"series", series}});
    }
    return {{"x", x_data(results.plan().axes.front())}, {"charts", charts}};
}

std::string row(const char* cell, const std::vector<std::string>& texts)
{
    std::string html = "<tr>";
    for (const std::string& text : texts) {
        html += fmt::format("<{0}>{1}</{0}>", cell, escape(text));
    }
    return html + "</tr>\n";
}

std::string numbers(const Results& results, const std::string& figure)
{
    std::string html = "<table>\n";
    const char* cell = "th";
    for (const auto& texts : figure_rows(results, figure)) {
        html += row(std::exchange(cell, "td"), texts);
    }
    return html + "</table>\n";
}

std::string introduction(const Results& results)
{
    const Plan& plan = results.plan();
    std::string text = fmt::format(
        "<p>{} combinations, {} runs each, seed {}. Points are means, bands and whiskers their "
        "95 % confidence intervals (Student's t).</p>\n",
        plan.combinations(), plan.repeat, plan.seed);
    if (!plan.fixed.empty()) {
        std::string fixed;
        for (const auto& [name, value] : plan.fixed) {
            fixed +=
                fmt::format("{}<code>{}={}</code>", fixed.empty() ? "" : ", ", escape(name), escape(text_of(value)));
        }
        text += "<p class=\"quiet\">All runs have " + fixed + ".</p>\n";
    }
    if (results.failures() > 0) {
        text += fmt::format("<p class=\"bad\">{} of {} runs failed; their figures do not count.</p>\n",
                            results.failures(), plan.runs());
    }
    return text;
}

}  // namespace

std::string html(const Results& results)
{
    std::string body = introduction(results);
    for (const auto& figure : results.figures()) {
        body += fmt::format(
            "<section>\n<h2>{}</h2>\n<div class=\"chart\" role=\"img\" aria-label=\"{}\"></div>\n"
            "<details>\n<summary>The numbers</summary>\n<div class=\"table\">{}</div>\n</details>\n"
            "</section>\n",
            escape(with_unit(figure.name, figure.unit)), escape(figure.name + ", as in the table below"),
            numbers(results, figure.name));
    }
    if (results.figures().empty()) {
        body += "<p>No run has reported a number.</p>\n";
    }
    std::string title = "Sweep of " + results.plan().scenario;
    return page::html(
        {std::move(title), std::move(body), data(results), std::string(embedded::sweep_parts()[0].source)});
}

}  // namespace moonwire::sweep
