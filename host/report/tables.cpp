#include "host/page/page.hpp"
#include "host/report/sections.hpp"

#include <fmt/format.h>

#include <array>
#include <cmath>
#include <map>

namespace moonwire::report {

namespace {

using page::escape;

struct Session {
    std::string role;
    std::string peer;
    std::string what;
    std::string chain;
    std::string outcome;
    std::string handshake;
    std::uint64_t bytes = 0;
    double began = 0;
    double ended = 0;
};

// Numbers are set to the right; a column is what its first row is.
std::string row(const std::string& cell, const std::vector<std::string>& texts, const std::vector<std::string>& first)
{
    std::string html = "<tr>";
    for (std::size_t i = 0; i < texts.size(); ++i) {
        const char begin = i < first.size() && !first[i].empty() ? first[i].front() : ' ';
        const bool is_number = begin >= '0' && begin <= '9';
        html += fmt::format("<{0}{1}>{2}</{0}>", cell, is_number ? " class=\"number\"" : "", escape(texts[i]));
    }
    return html + "</tr>\n";
}

void take(Session& session, const RecordedEvent& event)
{
    session.role = event.role;
    session.peer = event.remote;
    if (event.kind == "opened") {
        session.began = event.time;
    } else if (event.kind == "handshake") {
        session.handshake += (event.direction == "out" ? " →" : " ←") + event.text;
        session.bytes += event.size;
    } else if (event.kind == "connected") {
        session.what = event.text;
        session.chain = event.content.empty() ? "–" : event.content;
        session.ended = event.time;
        session.outcome = "agreed";
    } else if (event.kind == "failed") {
        session.outcome = event.text;
    }
}

}  // namespace

std::string seconds_text(double seconds)
{
    constexpr std::array<std::pair<double, const char*>, 3> units = {{{1, "s"}, {1e-3, "ms"}, {1e-6, "µs"}}};
    for (const auto& [size, name] : units) {
        if (std::abs(seconds) >= size) {
            return fmt::format("{:.3g} {}", seconds / size, name);
        }
    }
    return seconds == 0 ? "0 s" : fmt::format("{:.3g} ns", seconds * 1e9);
}

Table tls_table(const Recording& recording)
{
    std::map<std::uint64_t, Session> sessions;
    for (const RecordedEvent& event : recording.events) {
        if (event.layer == "tls") {
            take(sessions[event.object], event);
        }
    }
    Table table{"TLS sessions",
                "As the ends of the connections in this process have seen them: → sent, ← received.",
                {"role", "peer", "version and cipher suite", "certificates of the peer", "handshake", "bytes", "took",
                 "outcome"},
                {}};
    for (const auto& [object, session] : sessions) {
        table.rows.push_back({session.role, session.peer, session.what, session.chain, session.handshake,
                              std::to_string(session.bytes),
                              session.ended > 0 ? seconds_text(session.ended - session.began) : "–", session.outcome});
    }
    return table;
}

std::string table_section(const Table& table)
{
    if (table.rows.empty()) {
        return {};
    }
    std::string html = fmt::format("<section>\n<h2>{}</h2>\n", escape(table.title));
    html += table.note.empty() ? "" : "<p class=\"quiet\">" + escape(table.note) + "</p>\n";
    html += "<div class=\"table\" tabindex=\"0\"><table>\n<thead>" + row("th", table.columns, table.rows.front()) +
            "</thead>\n<tbody>\n";
    for (const auto& cells : table.rows) {
        html += row("td", cells, table.rows.front());
    }
    return html + "</tbody>\n</table></div>\n</section>\n";
}

}  // namespace moonwire::report
