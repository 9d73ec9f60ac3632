#include "host/net/socket_options.hpp"

#include "tests/unit/net/support.hpp"

#include <netinet/in.h>
#include <netinet/tcp.h>

using namespace moonwire::net;
using namespace moonwire::test;

namespace {

int option(const RawSocket& socket, int level, int name)
{
    int value = -1;
    socklen_t size = sizeof value;
    REQUIRE(::getsockopt(socket.get(), level, name, &value, &size) == 0);
    return value;
}

::linger linger_of(const RawSocket& socket)
{
    ::linger value{};
    socklen_t size = sizeof value;
    REQUIRE(::getsockopt(socket.get(), SOL_SOCKET, SO_LINGER, &value, &size) == 0);
    return value;
}

}  // namespace

TEST_CASE("options are set as asked")
{
    const RawSocket socket = RawSocket::tcp();
    SECTION("by default small writes leave at once")
    {
        CHECK_FALSE(apply_options(socket.get(), {}));
        CHECK(option(socket, IPPROTO_TCP, TCP_NODELAY) != 0);
        CHECK(option(socket, SOL_SOCKET, SO_KEEPALIVE) == 0);
        CHECK(linger_of(socket).l_onoff == 0);
    }
    SECTION("others by choice")
    {
        SocketOptions options;
        options.nodelay = false;
        options.keepalive = true;
        options.linger = 0s;
        options.send_buffer = 10000;
        options.receive_buffer = 20000;
        CHECK_FALSE(apply_options(socket.get(), options));
        CHECK(option(socket, IPPROTO_TCP, TCP_NODELAY) == 0);
        CHECK(option(socket, SOL_SOCKET, SO_KEEPALIVE) == 1);
        CHECK(linger_of(socket).l_onoff == 1);
        CHECK(linger_of(socket).l_linger == 0);
        CHECK(option(socket, SOL_SOCKET, SO_SNDBUF) == 2 * 10000);
        CHECK(option(socket, SOL_SOCKET, SO_RCVBUF) == 2 * 20000);
    }
    SECTION("and taken back")
    {
        CHECK_FALSE(set_linger(socket.get(), 0s));
        CHECK_FALSE(set_linger(socket.get(), 5s));
        CHECK(linger_of(socket).l_onoff == 0);  // would block the loop
        CHECK_FALSE(set_nodelay(socket.get(), true));
        CHECK_FALSE(set_nodelay(socket.get(), false));
        CHECK(option(socket, IPPROTO_TCP, TCP_NODELAY) == 0);
    }
}

TEST_CASE("a closed socket takes no options")
{
    CHECK(code_word(set_nodelay(-1, true)) == "closed");
    CHECK(code_word(apply_options(-1, {})) == "closed");
    CHECK(code_word(set_close_on_exec(-1)) == "closed");
}
