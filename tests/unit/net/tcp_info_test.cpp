#include "host/net/tcp_info.hpp"

#include "tests/unit/net/support.hpp"

using namespace moonwire::net;
using namespace moonwire::test;

namespace {

TcpInfo info_of(int socket)
{
    TcpInfo info;
    REQUIRE_FALSE(read_tcp_info(socket, info));
    return info;
}

}  // namespace

TEST_CASE("states have the names that ss writes")
{
    CHECK(tcp_state_name(1) == "ESTAB");
    CHECK(tcp_state_name(2) == "SYN-SENT");
    CHECK(tcp_state_name(4) == "FIN-WAIT-1");
    CHECK(tcp_state_name(6) == "TIME-WAIT");
    CHECK(tcp_state_name(8) == "CLOSE-WAIT");
    CHECK(tcp_state_name(10) == "LISTEN");
    CHECK(tcp_state_name(0) == "UNKNOWN");
    CHECK(tcp_state_name(-1) == "UNKNOWN");
    CHECK(tcp_state_name(99) == "UNKNOWN");
}

TEST_CASE("the kernel tells about a connection, counting payload only")
{
    moonwire::loop::Loop loop(system_clock());
    auto [stream, peer] = stream_and_raw(loop);
    const int socket = stream->native_handle();

    TcpInfo info = info_of(socket);
    CHECK(info.state == "ESTAB");
    CHECK(info.mss > 500);
    CHECK(info.congestion_window > 0);
    CHECK(info.rtt > 0);
    CHECK(info.rtt < 1);
    CHECK(info.retransmit_timeout > 0.1);
    CHECK(info.retransmit_timeout < 10);
    CHECK(info.segments_sent >= 2);
    CHECK(info.segments_received >= 1);
    CHECK(info.data_segments_sent == 0);
    CHECK(info.bytes_acknowledged == 0);  // the kernel counts the SYN of the side that connects
    CHECK(info.bytes_received == 0);

    const std::string text(1000, 'x');
    CHECK_FALSE(moonwire::test::write(*stream, text));
    REQUIRE(run_until(loop, [&] { return info_of(socket).bytes_acknowledged == 1000; }));
    info = info_of(socket);
    CHECK(info.bytes_sent == 1000);
    CHECK(info.data_segments_sent == 1);
    CHECK(info.unacknowledged == 0);
    CHECK(info.retransmits == 0);
    CHECK(info.min_rtt > 0);
    CHECK(info_of(peer.get()).bytes_received == 1000);
    CHECK(info_of(peer.get()).data_segments_received == 1);

    peer.send("answer");
    peer.end_sending();
    info = info_of(socket);
    CHECK(info.state == "CLOSE-WAIT");
    CHECK(info.bytes_received == 6);  // nor does the FIN count
}

TEST_CASE("a closed socket has no information")
{
    TcpInfo info;
    CHECK(code_word(read_tcp_info(-1, info)) == "closed");
}
