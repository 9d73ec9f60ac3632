#include "host/app/exit_status.hpp"
#include "host/app/run_records.hpp"
#include "host/report/report.hpp"

#include <fmt/format.h>

namespace moonwire::app {

namespace {

std::string outcome_text(const Result& result)
{
    switch (exit_status(result)) {
    case failed:
        return "failed";
    case interrupted:
        return "interrupted";
    case missed_threshold:
        return "a threshold was missed";
    default:
        return "done";
    }
}

std::string end_of(const std::string& role, const std::string& address)
{
    return role.empty() ? address : role + " " + address;
}

// A row for each phase of each connection.
report::Table ledger_table(const Ledger& ledger)
{
    report::Table table{"Packets, by connection and phase",
                        "From the capture; bytes are those of IP.",
                        {"client", "server", "phase", "packets", "client's", "server's", "bytes", "mean size"},
                        {}};
    for (const LedgerFlow& flow : ledger.flows) {
        for (std::size_t i = 0; i < ledger_phases; ++i) {
            const auto phase = static_cast<LedgerPhase>(i);
            const LedgerCount count = flow.of(phase);
            if (count.packets > 0) {
                table.rows.push_back({end_of(flow.client_role, flow.client), end_of(flow.server_role, flow.server),
                                      std::string(to_string(phase)), std::to_string(count.packets),
                                      std::to_string(flow.from_client.of(phase).packets),
                                      std::to_string(flow.from_server.of(phase).packets), std::to_string(count.bytes),
                                      fmt::format("{:.1f}", count.mean_size())});
            }
        }
    }
    return table;
}

}  // namespace

std::string html_record(const RunFacts& facts, const Result& result)
{
    report::Report report{.scenario = facts.declaration.name,
                          .summary = facts.declaration.summary,
                          .outcome = outcome_text(result),
                          .good = exit_status(result) == done,
                          .error = result.error,
                          .command = facts.command(),
                          .began = time_text(result.began)};
    for (const auto& [name, value] : facts.parameters()) {
        report.parameters.emplace_back(name, setting_text(value));
    }
    if (facts.ledger) {
        report.tables.push_back(ledger_table(*facts.ledger));
    }
    return report::html(report, result);
}

}  // namespace moonwire::app
