// What `--pcap` writes, read by Wireshark's tshark: it counts what the ledger counts, reads TLS with the keys in the
// file, and finds nobody else's packets.
#include "tests/support/capture.hpp"
#include "tests/support/networks.hpp"
#include "tests/support/process.hpp"
#include "tests/support/socket.hpp"

#include <boost/json.hpp>
#include <catch2/catch.hpp>

#include <algorithm>
#include <csignal>
#include <map>
#include <set>
#include <sstream>

using Catch::Matchers::Contains;
using namespace moonwire::test;

namespace {

namespace json = boost::json;
using Words = std::vector<std::string>;

/// What one end has sent to another.
struct Counts {
    std::uint64_t packets = 0;
    std::uint64_t bytes = 0;
    std::uint64_t payload = 0;
    std::uint64_t syn = 0;
    std::uint64_t ack = 0;
    std::uint64_t data = 0;
    std::uint64_t ping = 0;
    std::uint64_t end = 0;
    std::uint64_t data_packets = 0;
    std::uint64_t retransmissions = 0;

    bool operator==(const Counts&) const = default;
};

std::ostream& operator<<(std::ostream& out, const Counts& counts)
{
    return out << counts.packets << " packets, " << counts.bytes << " bytes, " << counts.payload
               << " of payload: " << counts.syn << " SYN, " << counts.ack << " ACK, " << counts.data << " data, "
               << counts.ping << " ping, " << counts.end << " FIN/RST; " << counts.data_packets << " with data, "
               << counts.retransmissions << " again";
}

/// The times from data to their acknowledgements.
struct RoundTrips {
    std::uint64_t count = 0;
    double sum = 0;
};

using ByWay = std::map<std::string, Counts>;  // "127.0.0.1:5003 > 127.0.0.1:41234"
using RoundTripsByWay = std::map<std::string, RoundTrips>;

std::string endpoint(const std::string& v4, const std::string& v6, const std::string& tcp, const std::string& udp)
{
    return (v6.empty() ? v4 : "[" + v6 + "]") + ":" + (tcp.empty() ? udp : tcp);
}

std::uint64_t number(const std::string& text)
{
    return text.empty() ? 0 : std::stoull(text, nullptr, 0);
}

// As tshark sees it, in one pass.
void count_by_tshark(const std::filesystem::path& file, ByWay& counts, RoundTripsByWay& round_trips)
{
    const auto packets = tshark_fields(file, "(tcp or udp) and not icmp and not icmpv6",
                                       {"frame.number",
                                        "ip.src",
                                        "ipv6.src",
                                        "tcp.srcport",
                                        "udp.srcport",
                                        "ip.dst",
                                        "ipv6.dst",
                                        "tcp.dstport",
                                        "udp.dstport",
                                        "ip.len",
                                        "ipv6.plen",
                                        "tcp.len",
                                        "udp.length",
                                        "tcp.flags",
                                        "tcp.analysis.retransmission",
                                        "tcp.analysis.fast_retransmission",
                                        "tcp.analysis.spurious_retransmission",
                                        "tcp.analysis.out_of_order",
                                        "tcp.analysis.keep_alive",
                                        "tcp.analysis.keep_alive_ack",
                                        "tcp.analysis.acks_frame",
                                        "tcp.analysis.ack_rtt",
                                        "websocket.opcode"});
    std::map<std::string, std::string> data_frames;  // the ways of those with data, by number
    for (const auto& p : packets) {
        const std::string from = endpoint(p[1], p[2], p[3], p[4]);
        const std::string to = endpoint(p[5], p[6], p[7], p[8]);
        Counts& count = counts[from + " > " + to];
        const std::uint64_t payload = p[12].empty() ? number(p[11]) : number(p[12]) - 8;
        ++count.packets;
        count.bytes += p[10].empty() ? number(p[9]) : number(p[10]) + 40;
        count.payload += payload;
        const std::uint64_t flags = number(p[13]);
        const bool is_again = !p[14].empty() || !p[15].empty() || !p[16].empty() || !p[17].empty();
        const bool is_probe = !p[18].empty() || !p[19].empty();
        const bool is_ping = is_probe || p[22] == "9" || p[22] == "10";
        std::uint64_t& purpose = (flags & 0x05U) != 0   ? count.end
                                 : (flags & 0x02U) != 0 ? count.syn
                                 : is_ping              ? count.ping
                                 : payload > 0          ? count.data
                                                        : count.ack;
        ++(p[12].empty() ? purpose : count.data);
        count.data_packets += payload > 0 ? 1 : 0;
        count.retransmissions += is_again ? 1 : 0;
        if (payload > 0) {
            data_frames[p[0]] = from + " > " + to;
        }
        if (const auto acknowledged = data_frames.find(p[20]); acknowledged != data_frames.end()) {
            RoundTrips& times = round_trips[acknowledged->second];
            ++times.count;
            times.sum += std::stod(p[21]);
        }
    }
}

std::uint64_t at(const json::object& object, const char* name)
{
    return object.at(name).to_number<std::uint64_t>();
}

void count_by_ledger(const std::string& ledger, ByWay& counts, RoundTripsByWay& round_trips)
{
    const json::value value = json::parse(ledger);
    for (const json::value& each : value.at("flows").as_array()) {
        const json::object& flow = each.as_object();
        const std::string client = json::value_to<std::string>(flow.at("client"));
        const std::string server = json::value_to<std::string>(flow.at("server"));
        for (const bool is_client : {true, false}) {
            const json::object& way = flow.at(is_client ? "from_client" : "from_server").as_object();
            const json::object& total = way.at("total").as_object();
            if (at(total, "packets") == 0) {
                continue;
            }
            const std::string name = is_client ? client + " > " + server : server + " > " + client;
            Counts& count = counts[name];
            count.packets += at(total, "packets");
            count.bytes += at(total, "bytes");
            count.payload += at(total, "payload");
            count.data_packets += at(way, "data_packets");
            count.retransmissions += at(way, "retransmissions");
            for (const auto& phase : way.at("phases").as_object()) {
                for (const auto& [purpose, by_purpose] : phase.value().as_object()) {
                    std::uint64_t& place = purpose == "syn"    ? count.syn
                                           : purpose == "ack"  ? count.ack
                                           : purpose == "data" ? count.data
                                           : purpose == "ping" ? count.ping
                                                               : count.end;
                    place += at(by_purpose.as_object(), "packets");
                }
            }
            const json::object& times = way.at("round_trip").as_object();
            if (at(times, "count") > 0) {
                round_trips[name].count += at(times, "count");
                round_trips[name].sum += times.at("mean").to_number<double>() * static_cast<double>(at(times, "count"));
            }
        }
    }
}

std::string ledger_of(const Finished& finished)
{
    std::istringstream lines(finished.error);
    for (std::string line; std::getline(lines, line);) {
        if (line.starts_with("{\"source\":\"capture\",")) {
            return line;
        }
    }
    FAIL("no ledger in " << finished.error);
    return {};
}

void check_agreement(const std::filesystem::path& file, const Finished& finished)
{
    CAPTURE(finished.error);
    REQUIRE(finished.status == 0);
    REQUIRE_THAT(finished.error, Contains("none lost"));
    ByWay expected;
    RoundTripsByWay expected_times;
    count_by_tshark(file, expected, expected_times);
    ByWay counted;
    RoundTripsByWay counted_times;
    count_by_ledger(ledger_of(finished), counted, counted_times);
    REQUIRE(!expected.empty());
    for (const auto& [way, counts] : expected) {
        CAPTURE(way);
        CHECK(counted[way] == counts);
    }
    CHECK(counted.size() == expected.size());
    for (const auto& [way, times] : expected_times) {
        CAPTURE(way);
        if (expected[way].retransmissions > 0) {
            continue;  // which one is acknowledged nobody can tell; tshark says the last one
        }
        CHECK(counted_times[way].count == times.count);
        CHECK(counted_times[way].sum == Approx(times.sum).margin(1e-6));
    }
    CHECK(counted_times.size() == expected_times.size());
}

bool can_compare()
{
    return may_capture() && has_tshark();
}

Finished captured_run(const std::filesystem::path& file, Words scenario)
{
    scenario.insert(scenario.begin(), "run");
    scenario.insert(scenario.end(), {"--port", "0", "--ledger=json", "--pcap", file.string()});
    return run_moonwire(scenario);
}

}  // namespace

TEST_CASE("capture: the ledger counts what tshark counts in the same packets")
{
    if (!can_compare()) {
        return;
    }
    const std::vector<Words> runs = {
        {"pmu/tcp", "--command", "CMD_short:0"},
        {"pmu/tcp", "--command", "CMD_floodme"},
        {"pmu/udp", "--timeout", "0.02", "--runs", "5"},
        {"multicast/tv", "--seconds", "0.001"},
        {"pmu/tls", "--command", "CMD_short:0"},
        {"pmu/websocket", "--command", "CMD_short:0"},
        {"pmu/websocket", "--command", "CMD_floodme", "--fragment", "1000"},
        {"pmu/websocket", "--command", "CMD_short:0", "--secure"},
        {"heartbeat", "--pause", "0.3", "--changes", "1", "--period", "5", "--poll", "0.01", "--keep-alive", "0.1"},
    };
    for (const Words& words : runs) {
        DYNAMIC_SECTION(words[0] << " " << words[2])
        {
            const TemporaryFolder folder;
            const auto file = folder.path() / "run.pcapng";
            check_agreement(file, captured_run(file, words));
        }
    }
}

TEST_CASE("capture: what is sent again is counted as tshark does")
{
    if (!can_compare()) {
        return;
    }
    const Networks networks;
    if (!networks.available()) {
        return;
    }
    // A queue that is too short for what TCP sends at first.
    const Finished limited = run(networks.left(
        {"tc", "qdisc", "add", "dev", "cable", "root", "tbf", "rate", "20mbit", "burst", "4000", "limit", "8000"}));
    REQUIRE(limited.status == 0);
    const TemporaryFolder folder;
    const auto file = folder.path() / "run.pcapng";
    Words serve = moonwire_run({"pmu/tcp", "pmu", "--port", "0", "--ledger=json", "--pcap", file.string()});
    Process server(networks.left(serve));
    const std::string port = port_of(server.wait_for_error("ready on"));
    CHECK(run(networks.right(moonwire_run({"pmu/tcp", "pdc", "10.9.0.1", port, "CMD_floodme"}))).status == 0);
    server.wait_for_error("has got everything");
    server.signal(SIGINT);
    const int status = server.wait();
    CHECK(status == 130);
    const Finished finished = {0, server.output(), server.error()};
    check_agreement(file, finished);
    ByWay counted;
    RoundTripsByWay times;
    count_by_ledger(ledger_of(finished), counted, times);
    CHECK(std::any_of(counted.begin(), counted.end(), [](const auto& way) { return way.second.retransmissions > 0; }));
}

TEST_CASE("capture: tshark reads TLS with the keys in the file, in one pass")
{
    if (!can_compare()) {
        return;
    }
    const TemporaryFolder folder;
    const auto file = folder.path() / "run.pcapng";
    const auto said = [&](const char* field) {
        std::string all;
        for (const auto& values : tshark_fields(file, "tls", {field})) {
            all += values[0];
        }
        return all;
    };
    const std::string message = "5468697320697320504d5520646174612039";  // "This is PMU data 9"

    SECTION("TLS 1.3, both ends")
    {
        CHECK(captured_run(file, {"pmu/tls", "--command", "CMD_short:0"}).status == 0);
        CHECK_THAT(said("data.data"), Contains(message));
        CHECK(!tshark_fields(file, "tls.handshake.type == 20", {"frame.number"}).empty());  // Finished, encrypted
    }
    SECTION("WebSocket inside")
    {
        CHECK(captured_run(file, {"pmu/websocket", "--secure", "--command", "CMD_short:0"}).status == 0);
        CHECK_THAT(said("text"), Contains("This is PMU data 9"));
    }
    SECTION("only the client's end")
    {
        CHECK(run_moonwire({"run", "pmu/tls", "ca", folder.path().string()}).status == 0);
        const auto in_folder = [&](const char* name) { return (folder.path() / name).string(); };
        Process server(moonwire_run({"pmu/tls", "pmu", "0", in_folder("pmu.crt"), in_folder("pmu_key.pem")}));
        const std::string port = port_of(server.wait_for_error("ready on"));
        const Finished client = run_moonwire(
            {"run", "pmu/tls", "pdc", "CMD_short:0", in_folder("ca.crt"), "--port", port, "--pcap", file.string()});
        CAPTURE(client.error);
        CHECK(client.status == 0);
        CHECK_THAT(said("data.data"), Contains(message));
        CHECK(!tshark_fields(file, "tls.handshake.type == 11", {"frame.number"}).empty());  // Certificate, encrypted
    }
}

TEST_CASE("capture: the file has the roles, and no other traffic")
{
    if (!can_compare()) {
        return;
    }
    const TemporaryFolder folder;
    const auto file = folder.path() / "run.pcapng";
    Listener other;
    Process server(moonwire_run({"pmu/tcp", "pmu", "--port", "0", "--pcap", file.string()}));
    const std::string port = port_of(server.wait_for_error("ready on"));
    for (int i = 0; i < 3; ++i) {
        Client stranger(other.port());
        stranger.send("this is nobody's business");
        CHECK(run_moonwire({"run", "pmu/tcp", "pdc", "127.0.0.1", port, "CMD_short:0"}).status == 0);
        server.wait_for_error("has got everything");
    }
    server.signal(SIGINT);
    server.wait();
    CHECK(tshark_fields(file, "not tcp.port == " + port, {"frame.number"}).empty());
    CHECK(tshark_fields(file, "frame contains \"nobody\"", {"frame.number"}).empty());
    const auto connections = tshark_fields(file, "tcp.flags.syn == 1 and tcp.flags.ack == 0", {"frame.comment"});
    CHECK(connections == std::vector<std::vector<std::string>>(3, {"to pmu"}));
    CHECK(tshark_fields(file, "tcp.flags.fin == 1", {"frame.number"}).size() == 6);
}

TEST_CASE("capture: a client's file has its own connections to a server, and not those of others to the same one")
{
    if (!can_compare()) {
        return;
    }
    const TemporaryFolder folder;
    const auto file = folder.path() / "run.pcapng";
    Listener server;
    const std::string code = "for i = 1, 20 do local conn = assert(tcp.connect('127.0.0.1', " + server.port() +
                             ")) conn:write('ours ' .. i) conn:read_all() conn:close() end";
    Process client({MOONWIRE_EXECUTABLE, "--pcap", file.string(), "-e", code});
    for (int i = 0; i < 20; ++i) {
        Client stranger(server.port());
        stranger.send("nobody's business");
        server.accept().read(1);
        server.accept().read(1);
    }
    CHECK(client.wait() == 0);
    CHECK(tshark_fields(file, "frame contains \"nobody\"", {"frame.number"}).empty());
    CHECK(tshark_fields(file, "frame contains \"ours\"", {"frame.number"}).size() == 20);
    CHECK(tshark_fields(file, "tcp.flags.syn == 1 and tcp.flags.ack == 0", {"frame.number"}).size() == 20);
}
