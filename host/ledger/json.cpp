#include <moonwire/ledger.hpp>

#include <cstdio>

namespace moonwire {

namespace {

/// An object of JSON that grows by a field at a time.
class Object
{
public:
    void add(std::string_view name, const std::string& json)
    {
        text_ += (text_.empty() ? "{\"" : ",\"") + std::string(name) + "\":" + json;
    }

    std::string done() const { return text_.empty() ? "{}" : text_ + "}"; }

private:
    std::string text_;
};

std::string quoted(std::string_view text)
{
    std::string result = "\"";
    for (const char c : text) {
        if (c == '"' || c == '\\') {
            result += '\\';
            result += c;
        } else if (static_cast<unsigned char>(c) < 0x20) {
            char escape[8];
            std::snprintf(escape, sizeof escape, "\\u%04x", static_cast<unsigned>(c));
            result += escape;
        } else {
            result += c;
        }
    }
    return result + "\"";
}

std::string number(double value)
{
    char text[32];
    std::snprintf(text, sizeof text, "%.9g", value);
    return text;
}

std::string count(const LedgerCount& value)
{
    Object object;
    object.add("packets", std::to_string(value.packets));
    object.add("bytes", std::to_string(value.bytes));
    object.add("payload", std::to_string(value.payload));
    return object.done();
}

std::string times(const LedgerTimes& value)
{
    Object object;
    object.add("count", std::to_string(value.count));
    object.add("least", number(value.least));
    object.add("mean", number(value.mean()));
    object.add("most", number(value.most));
    return object.done();
}

// Only what there is: {"connect":{"syn":{…},"ack":{…}},"close":{…}}
std::string way(const LedgerWay& value)
{
    Object phases;
    for (std::size_t phase = 0; phase < ledger_phases; ++phase) {
        Object purposes;
        for (std::size_t purpose = 0; purpose < ledger_purposes; ++purpose) {
            if (const LedgerCount& each = value.counts[phase][purpose]; each.packets > 0) {
                purposes.add(to_string(static_cast<LedgerPurpose>(purpose)), count(each));
            }
        }
        if (value.of(static_cast<LedgerPhase>(phase)).packets > 0) {
            phases.add(to_string(static_cast<LedgerPhase>(phase)), purposes.done());
        }
    }
    Object object;
    object.add("total", count(value.total()));
    object.add("phases", phases.done());
    object.add("data_packets", std::to_string(value.data_packets));
    object.add("retransmissions", std::to_string(value.retransmissions));
    object.add("round_trip", times(value.round_trip));
    return object.done();
}

std::string flow(const LedgerFlow& value)
{
    Object object;
    object.add("protocol", quoted(value.protocol));
    object.add("client", quoted(value.client));
    object.add("server", quoted(value.server));
    object.add("client_role", quoted(value.client_role));
    object.add("server_role", quoted(value.server_role));
    object.add("start", std::to_string(value.start));
    object.add("seconds", number(value.seconds));
    object.add("open_seconds", number(value.open_seconds));
    object.add("connect_round_trip", value.connect_round_trip ? number(*value.connect_round_trip) : "null");
    object.add("from_client", way(value.from_client));
    object.add("from_server", way(value.from_server));
    return object.done();
}

}  // namespace

std::string to_json(const Ledger& ledger)
{
    std::string flows;
    for (const LedgerFlow& each : ledger.flows) {
        flows += (flows.empty() ? "" : ",") + flow(each);
    }
    Object object;
    object.add("source", ledger.source == LedgerSource::capture ? "\"capture\"" : "\"kernel\"");
    object.add("flows", "[" + flows + "]");
    object.add("uncounted", std::to_string(ledger.uncounted));
    return object.done();
}

}  // namespace moonwire
