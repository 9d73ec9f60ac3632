#include "host/page/page.hpp"
#include "embedded/report_parts.hpp"
#include "host/report/report.hpp"
#include "host/report/sections.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace moonwire::report {

namespace {

using page::escape;

std::string part(std::string_view name)
{
    const auto& parts = embedded::report_parts();
    const auto found = std::find_if(parts.begin(), parts.end(), [&](const auto& file) { return file.name == name; });
    return std::string(found->source);
}

std::string introduction(const Report& report, const Result& result)
{
    std::string text = "<p class=\"lead\">" + escape(report.summary) + "</p>\n";
    text += fmt::format("<p><strong class=\"outcome {}\">{}</strong> in {}, on {}</p>\n", report.good ? "good" : "bad",
                        escape(report.outcome), seconds_text(result.seconds), escape(report.began));
    if (!report.error.empty()) {
        text += "<pre class=\"bad\">" + escape(report.error) + "</pre>\n";
    }
    text += "<p>The same again:</p>\n<pre class=\"command\" tabindex=\"0\">" + escape(report.command) + "</pre>\n";
    if (!report.parameters.empty()) {
        text += "<details open>\n<summary>Parameters</summary>\n<dl class=\"parameters\">\n";
        for (const auto& [name, value] : report.parameters) {
            text += fmt::format("<div><dt>{}</dt><dd>{}</dd></div>\n", escape(name), escape(value));
        }
        text += "</dl>\n</details>\n";
    }
    return text;
}

Table figures_table(const Result& result)
{
    Table table{"Figures", {}, {"figure", "value", "unit or rate", "smallest", "median", "p90", "p99", "largest"}, {}};
    for (const Reported& reported : result.reported) {
        if (reported.kind == Reported::Kind::latency) {
            const Latencies& all = reported.latencies;
            table.rows.push_back({reported.name, seconds_text(all.mean) + " on average",
                                  fmt::format("{} times", all.count), seconds_text(all.min),
                                  seconds_text(all.percentile(50)), seconds_text(all.percentile(90)),
                                  seconds_text(all.percentile(99)), seconds_text(all.max)});
        } else {
            const bool is_count = reported.kind == Reported::Kind::count;
            table.rows.push_back({reported.name, fmt::format("{:.6g}", reported.value),
                                  is_count ? fmt::format("{:.3g}/s", reported.rate) : reported.unit, "", "", "", "",
                                  ""});
        }
    }
    return table;
}

Table thresholds_table(const Result& result)
{
    Table table{"Thresholds", {}, {"figure", "condition", "it was", ""}, {}};
    for (const JudgedThreshold& judged : result.thresholds) {
        table.rows.push_back({judged.threshold.figure, judged.threshold.condition,
                              judged.actual ? fmt::format("{:.6g}", *judged.actual) : judged.reason,
                              judged.met ? "✓ met" : "✗ missed"});
    }
    return table;
}

std::string chart_section(const std::string& id, const std::string& title, const std::string& note)
{
    return fmt::format(
        "<section>\n<h2>{1}</h2>\n{2}<div class=\"chart\" id=\"{0}\" role=\"img\" "
        "aria-label=\"{1}\"></div>\n</section>\n",
        id, escape(title), note.empty() ? "" : "<p class=\"quiet\">" + escape(note) + "</p>\n");
}

std::string latency_sections(const Result& result)
{
    std::string html;
    int index = 0;
    for (const Reported& reported : result.reported) {
        if (reported.kind == Reported::Kind::latency && reported.latencies.count > 0) {
            html += fmt::format(
                "<section>\n<h2>{0}</h2>\n<p class=\"quiet\">{2}</p>\n<div class=\"pair\">\n"
                "<div class=\"chart\" id=\"histogram-{1}\" role=\"img\" aria-label=\"{0}: how often which "
                "time\"></div>\n"
                "<div class=\"chart\" id=\"percentiles-{1}\" role=\"img\" aria-label=\"{0}: percentiles\"></div>\n"
                "</div>\n</section>\n",
                escape(reported.name), index,
                reported.latencies.added > 0
                    ? fmt::format("{} of the {} times were not measured, but added for the expected interval.",
                                  reported.latencies.added, reported.latencies.count)
                    : fmt::format("{} times. Left: how often which time; right: percentiles.",
                                  reported.latencies.count));
        }
        index += reported.kind == Reported::Kind::latency ? 1 : 0;
    }
    return html;
}

std::string recording_sections(const Recording& recording)
{
    std::string html = part("diagram");
    if (recording.dropped > 0) {
        html += fmt::format("<p class=\"bad\">{} further events were not kept.</p>\n", recording.dropped);
    }
    html += "</section>\n";
    if (!recording.throughput.empty()) {
        html +=
            chart_section("throughput", "Throughput", "Bytes a second that TCP, UDP and pipes have taken and brought.");
    }
    const bool has_sockets = std::any_of(recording.sockets.begin(), recording.sockets.end(),
                                         [](const auto& sample) { return !sample.states.empty(); });
    if (has_sockets) {
        html +=
            chart_section("sockets", "TCP sockets by state",
                          "Of all sockets in the kernel's table on the run's ports; both ends, where both are on this "
                          "machine.");
    }
    return html + table_section(tls_table(recording));
}

}  // namespace

std::string html(const Report& report, const Result& result)
{
    std::string body = "<style>\n" + part("report") + "</style>\n" + introduction(report, result);
    body += table_section(thresholds_table(result)) + table_section(figures_table(result));
    if (result.recording) {
        body += recording_sections(*result.recording);
    }
    body += latency_sections(result);
    for (const Table& table : report.tables) {
        body += table_section(table);
    }
    return page::html(
        {report.scenario, std::move(body), page_data(result), part("events") + part("diagram_view") + part("plots")});
}

}  // namespace moonwire::report
