// Written by hand, line by line, where a person may read it; Boost.JSON would write 0.1 as 1E-1.
#include "host/page/page.hpp"
#include "host/sweep/report.hpp"

#include <fmt/format.h>
#include <boost/json/serialize.hpp>
#include <boost/json/string.hpp>

namespace moonwire::sweep {

namespace {

std::string quoted(const std::string& text)
{
    return boost::json::serialize(boost::json::string(page::utf8(text)));
}

std::string number(const std::optional<double>& value)
{
    return value ? fmt::format("{}", *value + 0.0) : "null";
}

std::string value(const Value& value)
{
    if (const auto* digits = std::get_if<double>(&value)) {
        return number(*digits);
    }
    const auto* text = std::get_if<std::string>(&value);
    return text != nullptr ? quoted(*text) : text_of(value);
}

// The elements, separated and each on a line of its own.
class Lines
{
public:
    explicit Lines(std::string indent) : indent_(std::move(indent)) {}

    void add(const std::string& element) { text_ += (text_.empty() ? "" : ",\n") + indent_ + element; }
    const std::string& text() const { return text_; }

private:
    std::string indent_;
    std::string text_;
};

std::string object(const std::map<std::string, Value>& values)
{
    std::string text;
    for (const auto& [name, of] : values) {
        text += (text.empty() ? "" : ", ") + quoted(name) + ": " + value(of);
    }
    return "{" + text + "}";
}

std::string axes(const Plan& plan)
{
    Lines lines("    ");
    for (const Axis& axis : plan.axes) {
        std::string values;
        for (const Value& of : axis.values) {
            values += (values.empty() ? "" : ", ") + value(of);
        }
        lines.add(fmt::format(R"({{"name": {}, "unit": {}, "values": [{}]}})", quoted(axis.parameter.name),
                              quoted(axis.parameter.unit), values));
    }
    return lines.text();
}

std::string figures(const Results& results, std::size_t combination)
{
    Lines lines("        ");
    for (const auto& figure : results.figures()) {
        if (const auto summary = results.summary(combination, figure.name)) {
            lines.add(fmt::format(
                R"({{"name": {}, "unit": {}, "n": {}, "mean": {}, "deviation": {}, "low": {}, "high": {}}})",
                quoted(figure.name), quoted(figure.unit), summary->n, number(summary->mean), number(summary->deviation),
                number(summary->low), number(summary->high)));
        }
    }
    return lines.text();
}

std::string run(const Results& results, std::size_t combination, std::size_t repetition)
{
    const Result& result = *results.run(combination, repetition);
    std::string text = fmt::format(R"({{"repetition": {}, "seed": {}, )", repetition + 1,
                                   results.plan().seed_of(combination, repetition));
    if (result.outcome != Outcome::done) {
        return text + fmt::format(R"("outcome": "failed", "error": {}}})", quoted(result.error));
    }
    std::map<std::string, Value> reported;
    for (const auto& figure : results.figures()) {
        if (const auto digits = number_of(result, figure.name)) {
            reported[figure.name] = *digits;
        }
    }
    return text + fmt::format(R"("outcome": "done", "figures": {}}})", object(reported));
}

std::string runs(const Results& results, std::size_t combination)
{
    Lines lines("        ");
    for (std::size_t repetition = 0; repetition < results.plan().repeat; ++repetition) {
        if (results.run(combination, repetition)) {
            lines.add(run(results, combination, repetition));
        }
    }
    return lines.text();
}

std::map<std::string, Value> swept(const Plan& plan, std::size_t index)
{
    std::map<std::string, Value> values;
    const Values combination = plan.combination(index);
    for (std::size_t i = 0; i < combination.size(); ++i) {
        values[plan.axes[i].parameter.name] = combination[i];
    }
    return values;
}

}  // namespace

std::string json(const Results& results)
{
    const Plan& plan = results.plan();
    Lines combinations("    ");
    for (std::size_t i = 0; i < plan.combinations(); ++i) {
        combinations.add(
            fmt::format("{{\n      \"parameters\": {},\n      \"failed\": {},\n      \"figures\": [\n{}\n"
                        "      ],\n      \"runs\": [\n{}\n      ]\n    }}",
                        object(swept(plan, i)), results.failures(i), figures(results, i), runs(results, i)));
    }
    return fmt::format(
        "{{\n  \"scenario\": {},\n  \"role\": {},\n  \"seed\": {},\n  \"repeat\": {},\n"
        "  \"confidence\": {},\n  \"set\": {},\n  \"swept\": [\n{}\n  ],\n"
        "  \"combinations\": [\n{}\n  ]\n}}\n",
        quoted(plan.scenario), plan.role ? quoted(*plan.role) : "null", plan.seed, plan.repeat, confidence,
        object(plan.fixed), axes(plan), combinations.text());
}

}  // namespace moonwire::sweep
