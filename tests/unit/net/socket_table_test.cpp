#include "host/net/socket_table.hpp"

#include "host/net/endpoint.hpp"
#include "tests/unit/net/support.hpp"

#include <bit>
#include <sstream>

using namespace moonwire::net;
using namespace moonwire::test;

TEST_CASE("the kernel's table of IPv4 sockets is understood")
{
    if constexpr (std::endian::native != std::endian::little) {
        return;  // the samples are of a little-endian machine
    }
    std::istringstream table(
        "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n"
        "   0: 0100007F:138B 00000000:0000 0A 00000000:00000003 00:00000000 00000000  1000        0 1234 1 0 100 0 0 "
        "10 0\n"
        "   1: 0702000A:138B 050200C0:C350 08 0000001F:00000A00 01:00000014 00000000  1000        0 1235 1 0 20 4 30 "
        "10 -1\n"
        "nonsense\n"
        "   2: 0702000A:138B 050200C0 08 0000001F:00000A00\n"
        "   3: 0702000A:138B 050200C0:C350 06 00000000:00000000 03:00000014 00000000     0        0 0 3 0\n");
    const auto entries = parse_proc_net_tcp(table, false);
    REQUIRE(entries.size() == 3);

    CHECK(entries[0].state == "LISTEN");
    CHECK(to_string(entries[0].local) == "127.0.0.1:5003");
    CHECK(to_string(entries[0].peer) == "0.0.0.0:0");
    CHECK(entries[0].receive_queue == 3);
    CHECK(entries[0].send_queue == 0);

    CHECK(entries[1].state == "CLOSE-WAIT");
    CHECK(to_string(entries[1].local) == "10.0.2.7:5003");
    CHECK(to_string(entries[1].peer) == "192.0.2.5:50000");
    CHECK(entries[1].send_queue == 0x1f);
    CHECK(entries[1].receive_queue == 0xa00);

    CHECK(entries[2].state == "TIME-WAIT");
}

TEST_CASE("the kernel's table of IPv6 sockets is understood")
{
    if constexpr (std::endian::native != std::endian::little) {
        return;
    }
    std::istringstream table(
        "  sl  local_address                         remote_address                        st tx_queue rx_queue\n"
        "   0: 00000000000000000000000001000000:1F90 00000000000000000000000000000000:0000 0A 00000000:00000000 00:0\n"
        "   1: B80D0120000000000000000001000000:1F90 0000000000000000FFFF0000070200C0:0050 01 00000000:00000000 "
        "00:0\n");
    const auto entries = parse_proc_net_tcp(table, true);
    REQUIRE(entries.size() == 2);
    CHECK(to_string(entries[0].local) == "[::1]:8080");
    CHECK(to_string(entries[0].peer) == "[::]:0");
    CHECK(entries[1].state == "ESTAB");
    CHECK(to_string(entries[1].local) == "[2001:db8::1]:8080");
    CHECK(to_string(entries[1].peer) == "192.0.2.7:80");
}

namespace {

/// Without those of other tests that have, or had, the same port.
std::vector<SocketEntry> sockets_of(const TcpEndpoint& endpoint)
{
    auto entries = tcp_sockets(endpoint.port());
    std::erase_if(entries, [&](const SocketEntry& entry) {
        return (entry.local != endpoint && entry.peer != endpoint) || entry.state == "TIME-WAIT";
    });
    return entries;
}

}  // namespace

TEST_CASE("a port's sockets are listed, the listening one first, with its accept queue")
{
    const RawSocket listener = RawSocket::tcp();
    listener.listen(loopback_v4());
    const auto endpoint = listener.local_endpoint();
    const RawSocket client = RawSocket::tcp();
    REQUIRE(client.connect(endpoint) == 0);
    client.send("hello");

    auto entries = sockets_of(endpoint);
    REQUIRE(entries.size() == 3);
    CHECK(entries[0].state == "LISTEN");
    CHECK(entries[0].local == endpoint);
    CHECK(entries[0].receive_queue == 1);
    bool accepted_seen = false;
    for (const auto& entry : {entries[1], entries[2]}) {
        CHECK(entry.state == "ESTAB");
        if (entry.local == endpoint) {
            accepted_seen = true;
            CHECK(entry.peer == client.local_endpoint());
            CHECK(entry.receive_queue == 5);
        }
    }
    CHECK(accepted_seen);

    const RawSocket accepted = listener.accept();
    entries = sockets_of(endpoint);
    REQUIRE(entries.size() == 3);
    CHECK(entries[0].receive_queue == 0);
}
