#include "host/app/capture_report.hpp"

#include "host/app/ledger_report.hpp"
#include "host/app/scenario_help.hpp"

#include <fmt/format.h>

#include <cstdio>

namespace moonwire::app {

namespace {

void print_packets(const CaptureReport& report)
{
    std::string interfaces;
    for (const std::string& interface : report.interfaces) {
        interfaces += (interfaces.empty() ? "" : ", ") + interface;
    }
    const std::string lost =
        report.dropped == 0 ? "none lost" : fmt::format("{} lost, as they came too fast", report.dropped);
    const std::string where = report.file.empty() ? "captured" : report.file.string();
    fmt::print(stderr, "moonwire: {}: {} packets ({}), {}\n", where, report.packets, interfaces, lost);
    for (const std::string& trouble : report.troubles) {
        fmt::print(stderr, "moonwire: {}\n", trouble);
    }
}

}  // namespace

std::vector<std::string> describe_run(const Declaration& declaration, const ScenarioRun& scenario,
                                      const Arguments& arguments)
{
    std::string command = "command: moonwire run";
    for (const std::string& argument : arguments) {
        command += " " + argument;
    }
    std::string parameters = "parameters:";
    for (const Parameter& parameter : declaration.parameters) {
        const auto given = scenario.parameters.find(parameter.name);
        const Value& value = given != scenario.parameters.end() ? given->second : parameter.default_value;
        parameters += " " + parameter.name + "=" + value_text(value);
    }
    return {fmt::format("scenario {}: {}", declaration.name, declaration.summary), std::move(command),
            std::move(parameters)};
}

void report_capture(const std::optional<CaptureReport>& report, const std::string& ledger)
{
    if (!report) {
        return;
    }
    if (report->ledger.source == LedgerSource::capture) {
        print_packets(*report);
    }
    if (!ledger.empty()) {
        fmt::print(stderr, "{}", ledger == "json" ? to_json(report->ledger) + "\n" : ledger_table(report->ledger));
    }
}

}  // namespace moonwire::app
