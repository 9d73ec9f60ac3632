#include "host/ledger/analyzer.hpp"
#include "tests/support/packets.hpp"

#include <catch2/catch.hpp>

using namespace moonwire;
using namespace moonwire::ledger;
using namespace moonwire::test;

namespace {

constexpr std::uint64_t millisecond = 1'000'000;

/// A connection of 10.0.0.1:1000 to 10.0.0.2:80 whose packets a test makes, a millisecond apart.
class Talk
{
public:
    void from_client(std::uint8_t flags, std::string_view payload = {})
    {
        send(true, client_, flags, payload);
        client_ += length(flags, payload);
    }

    void from_server(std::uint8_t flags, std::string_view payload = {})
    {
        send(false, server_, flags, payload);
        server_ += length(flags, payload);
    }

    /// So many bytes before the next ones.
    void from_client_again(std::uint32_t back, std::string_view payload)
    {
        send(true, client_ - back, tcp_ack, payload);
    }

    void wait(std::uint64_t nanoseconds) { time_ += nanoseconds; }

    void connect()
    {
        from_client(tcp_syn);
        from_server(tcp_syn | tcp_ack);
        from_client(tcp_ack);
    }

    void close()
    {
        from_client(tcp_fin | tcp_ack);
        from_server(tcp_fin | tcp_ack);
        from_client(tcp_ack);
    }

    void send(bool is_client, std::uint32_t sequence, std::uint8_t flags, std::string_view payload)
    {
        const std::string bytes = is_client
                                      ? ethernet_ipv4(6, hosts(1, 2), tcp(1000, 80, sequence, server_, flags, payload))
                                      : ethernet_ipv4(6, hosts(2, 1), tcp(80, 1000, sequence, client_, flags, payload));
        const auto packet =
            parse_packet(link_ethernet, {reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size()},
                         static_cast<std::uint32_t>(bytes.size()));
        REQUIRE(packet);
        analyzer.add(time_ += millisecond, *packet);
    }

    LedgerFlow flow() const
    {
        REQUIRE(analyzer.flows().size() == 1);
        return analyzer.flows().front().summary();
    }

    Analyzer analyzer;

private:
    static std::uint32_t length(std::uint8_t flags, std::string_view payload)
    {
        return static_cast<std::uint32_t>(payload.size()) + ((flags & (tcp_syn | tcp_fin)) != 0 ? 1 : 0);
    }

    std::uint32_t client_ = 0xFFFFFFF0;  // so that the numbers wrap around
    std::uint32_t server_ = 5000;
    std::uint64_t time_ = 1'000'000'000'000'000'000;
};

std::string record(char type, std::size_t size)
{
    return std::string(1, type) + "\x03\x03" + number16(static_cast<std::uint32_t>(size)) + std::string(size, 'x');
}

std::uint64_t packets(const LedgerFlow& flow, LedgerPhase phase)
{
    return flow.of(phase).packets;
}

std::uint64_t packets(const LedgerFlow& flow, LedgerPhase phase, LedgerPurpose purpose)
{
    return flow.of(phase, purpose).packets;
}

}  // namespace

TEST_CASE("ledger: a connection is counted by phase and purpose, each way")
{
    Talk talk;
    talk.connect();
    CHECK(talk.analyzer.has_open_connections());
    talk.from_client(tcp_ack, "hello");
    talk.from_server(tcp_ack);
    talk.from_server(tcp_ack, "hello yourself");
    talk.from_client(tcp_ack);
    talk.close();
    CHECK(!talk.analyzer.has_open_connections());
    const LedgerFlow flow = talk.flow();
    CHECK(flow.protocol == "tcp");
    CHECK(flow.client == "10.0.0.1:1000");
    CHECK(flow.server == "10.0.0.2:80");
    CHECK(packets(flow, LedgerPhase::connect) == 3);
    CHECK(packets(flow, LedgerPhase::connect, LedgerPurpose::syn) == 2);
    CHECK(packets(flow, LedgerPhase::connect, LedgerPurpose::ack) == 1);
    CHECK(packets(flow, LedgerPhase::data, LedgerPurpose::data) == 2);
    CHECK(packets(flow, LedgerPhase::data, LedgerPurpose::ack) == 2);
    CHECK(packets(flow, LedgerPhase::close, LedgerPurpose::end) == 2);
    CHECK(packets(flow, LedgerPhase::close, LedgerPurpose::ack) == 1);
    CHECK(flow.total().packets == 10);
    CHECK(flow.total().bytes == 10 * 40 + 5 + 14);
    CHECK(flow.total().payload == 19);
    CHECK(flow.total().mean_size() == Approx(41.9));
    CHECK(flow.from_client.total().packets == 6);
    CHECK(flow.from_client.total().payload == 5);
    CHECK(flow.from_client.data_packets == 1);
    CHECK(flow.from_server.total().packets == 4);
    CHECK(flow.seconds == Approx(0.009));
    CHECK(flow.open_seconds == Approx(0.005));  // from the last packet of the handshake to the first FIN
    REQUIRE(flow.connect_round_trip);
    CHECK(*flow.connect_round_trip == Approx(0.001));
    CHECK(flow.from_client.round_trip.count == 1);
    CHECK(flow.from_client.round_trip.mean() == Approx(0.001));
}

TEST_CASE("ledger: what is sent again is counted, and tells no round trip")
{
    Talk talk;
    talk.connect();
    talk.from_client(tcp_ack, "hello");
    talk.from_client_again(5, "hello");
    talk.from_server(tcp_ack);
    const LedgerFlow flow = talk.flow();
    CHECK(flow.from_client.retransmissions == 1);
    CHECK(flow.from_server.retransmissions == 0);
    CHECK(packets(flow, LedgerPhase::data, LedgerPurpose::data) == 2);
    CHECK(flow.from_client.round_trip.count == 0);
}

TEST_CASE("ledger: TCP's probes and their answers keep a connection alive")
{
    Talk talk;
    talk.connect();
    talk.from_client(tcp_ack, "hello");
    talk.from_server(tcp_ack);
    talk.from_client_again(1, {});
    talk.from_server(tcp_ack);
    const LedgerFlow flow = talk.flow();
    CHECK(packets(flow, LedgerPhase::keep_alive, LedgerPurpose::ping) == 2);
    CHECK(packets(flow, LedgerPhase::keep_alive) == 2);
    CHECK(flow.from_client.retransmissions == 0);
}

TEST_CASE("ledger: RST ends a connection")
{
    Talk talk;
    talk.connect();
    talk.from_server(tcp_rst | tcp_ack);
    CHECK(!talk.analyzer.has_open_connections());
    CHECK(packets(talk.flow(), LedgerPhase::close, LedgerPurpose::end) == 1);
}

TEST_CASE("ledger: TLS 1.3 is told by its records")
{
    Talk talk;
    talk.connect();
    talk.from_client(tcp_ack, record(22, 200));
    talk.from_server(tcp_ack);
    const std::string flight = record(22, 90) + record(20, 1) + record(23, 900);
    talk.from_server(tcp_ack, flight.substr(0, 500));  // cut within a record
    talk.from_server(tcp_ack, flight.substr(500));
    talk.from_client(tcp_ack, record(20, 1) + record(23, 50));
    talk.from_client(tcp_ack, record(23, 19));
    talk.from_server(tcp_ack, record(23, 30));
    talk.from_client(tcp_ack, record(23, 19));  // close_notify, as a FIN follows
    talk.from_client(tcp_fin | tcp_ack);
    talk.from_server(tcp_fin | tcp_ack);
    talk.from_client(tcp_ack);
    const LedgerFlow flow = talk.flow();
    CHECK(packets(flow, LedgerPhase::tls, LedgerPurpose::data) == 4);
    CHECK(packets(flow, LedgerPhase::tls, LedgerPurpose::ack) == 1);
    CHECK(packets(flow, LedgerPhase::data, LedgerPurpose::data) == 2);
    CHECK(packets(flow, LedgerPhase::close, LedgerPurpose::data) == 1);
    CHECK(packets(flow, LedgerPhase::close, LedgerPurpose::end) == 2);
    CHECK(flow.of(LedgerPhase::close, LedgerPurpose::data).payload == 24);
}

TEST_CASE("ledger: TLS 1.2 is over when both have finished")
{
    Talk talk;
    talk.connect();
    talk.from_client(tcp_ack, record(22, 200));
    talk.from_server(tcp_ack, record(22, 900));
    talk.from_client(tcp_ack, record(22, 66) + record(20, 1) + record(22, 40));
    talk.from_server(tcp_ack, record(20, 1) + record(22, 40));
    talk.from_client(tcp_ack, record(23, 30));
    const LedgerFlow flow = talk.flow();
    CHECK(packets(flow, LedgerPhase::tls, LedgerPurpose::data) == 4);
    CHECK(packets(flow, LedgerPhase::data, LedgerPurpose::data) == 1);
}

TEST_CASE("ledger: WebSocket is told by its upgrade and its frames")
{
    Talk talk;
    talk.connect();
    talk.from_client(tcp_ack, "GET / HTTP/1.1\r\nConnection: Upgrade\r\nUpgrade: WebSocket\r\n\r\n");
    talk.from_server(tcp_ack);
    // A frame right behind the answer.
    talk.from_server(tcp_ack, "HTTP/1.1 101 Switching Protocols\r\n\r\n\x81\x02hi");
    talk.from_client(tcp_ack);
    const std::string text =
        "\x81\x85"
        "mask"
        "hello";
    const std::string large = std::string("\x82\x7e\x01\x00", 4) + std::string(256, 'x');
    const std::string ping =
        "\x89\x81"
        "mask"
        "p";
    talk.from_client(tcp_ack, text);
    talk.from_server(tcp_ack, large.substr(0, 3));
    talk.from_server(tcp_ack, large.substr(3));
    talk.from_client(tcp_ack, ping);
    talk.from_server(tcp_ack, "\x8a\x01p");
    talk.from_client(tcp_ack);
    talk.from_client(tcp_ack, text + ping);
    talk.from_client(tcp_ack, std::string("\x88\x82"
                                          "mask"
                                          "\x03\xe8",
                                          8));
    talk.from_server(tcp_ack);
    talk.from_server(tcp_ack, std::string("\x88\x02\x03\xe8", 4));
    talk.from_server(tcp_fin | tcp_ack);
    talk.from_client(tcp_fin | tcp_ack);
    talk.from_server(tcp_ack);
    const LedgerFlow flow = talk.flow();
    CHECK(packets(flow, LedgerPhase::upgrade, LedgerPurpose::data) == 2);
    CHECK(packets(flow, LedgerPhase::upgrade, LedgerPurpose::ack) == 2);
    CHECK(packets(flow, LedgerPhase::data, LedgerPurpose::data) == 4);
    CHECK(packets(flow, LedgerPhase::keep_alive, LedgerPurpose::ping) == 2);
    CHECK(packets(flow, LedgerPhase::keep_alive, LedgerPurpose::ack) == 1);
    CHECK(packets(flow, LedgerPhase::close, LedgerPurpose::data) == 2);
    CHECK(packets(flow, LedgerPhase::close, LedgerPurpose::ack) == 2);
    CHECK(packets(flow, LedgerPhase::close, LedgerPurpose::end) == 2);
}

TEST_CASE("ledger: an upgrade that is refused, and HTTP without one, are data")
{
    Talk refused;
    refused.connect();
    refused.from_client(tcp_ack, "GET / HTTP/1.1\r\nUpgrade: websocket\r\n\r\n");
    refused.from_server(tcp_ack, "HTTP/1.1 403 Forbidden\r\n\r\n");
    refused.from_client(tcp_ack, "\x88\x82");
    CHECK(packets(refused.flow(), LedgerPhase::upgrade) == 2);
    CHECK(packets(refused.flow(), LedgerPhase::data) == 1);
    Talk plain;
    plain.connect();
    plain.from_client(tcp_ack, "GET / HTTP/1.1\r\n\r\n");
    CHECK(packets(plain.flow(), LedgerPhase::data) == 1);
}

TEST_CASE("ledger: when packets are missing, what comes then is data")
{
    Talk talk;
    talk.connect();
    talk.from_client(tcp_ack, "GET / HTTP/1.1\r\nUpgrade: websocket\r\n\r\n");
    talk.from_server(tcp_ack, "HTTP/1.1 101 Switching Protocols\r\n\r\n");
    talk.send(false, 9000, tcp_ack, "\x88\x02\x03\xe8");
    CHECK(packets(talk.flow(), LedgerPhase::close) == 0);
    CHECK(packets(talk.flow(), LedgerPhase::data) == 1);
}

TEST_CASE("ledger: the same ends' next connection is another flow")
{
    Talk talk;
    talk.connect();
    talk.close();
    talk.connect();
    REQUIRE(talk.analyzer.flows().size() == 2);
    CHECK(talk.analyzer.flows()[0].summary().total().packets == 6);
    CHECK(talk.analyzer.flows()[1].summary().total().packets == 3);
}

TEST_CASE("ledger: only so many flows are followed")
{
    Analyzer analyzer;
    for (std::uint32_t i = 0; i < Analyzer::most_flows + 10; ++i) {
        const std::string bytes = ethernet_ipv4(17, number32(i) + number32(1), udp(5, 6, "x"));
        analyzer.add(i + 1,
                     *parse_packet(link_ethernet, {reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size()},
                                   static_cast<std::uint32_t>(bytes.size())));
    }
    CHECK(analyzer.flows().size() == Analyzer::most_flows);
    CHECK(analyzer.uncounted() == 10);
}

TEST_CASE("ledger: as JSON")
{
    Talk talk;
    talk.from_client(tcp_syn);
    Ledger ledger;
    ledger.flows.push_back(talk.flow());
    ledger.flows[0].client_role = "a \"b\"\n";
    ledger.uncounted = 3;
    CHECK(
        to_json(ledger) ==
        R"({"source":"capture","flows":[{"protocol":"tcp","client":"10.0.0.1:1000","server":"10.0.0.2:80","client_role":"a \"b\"\u000a",)"
        R"("server_role":"","start":1000000000001000000,"seconds":0,"open_seconds":0,"connect_round_trip":null,)"
        R"("from_client":{"total":{"packets":1,"bytes":40,"payload":0},)"
        R"("phases":{"connect":{"syn":{"packets":1,"bytes":40,"payload":0}}},"data_packets":0,"retransmissions":0,)"
        R"("round_trip":{"count":0,"least":0,"mean":0,"most":0}},)"
        R"("from_server":{"total":{"packets":0,"bytes":0,"payload":0},"phases":{},"data_packets":0,)"
        R"("retransmissions":0,"round_trip":{"count":0,"least":0,"mean":0,"most":0}}}],"uncounted":3})");
}
