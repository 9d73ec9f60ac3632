#include "host/net/resolver.hpp"

#include "tests/unit/net/support.hpp"

#include <algorithm>
#include <vector>

using namespace moonwire::net;
using namespace moonwire::test;

namespace {

struct Answer {
    error_code error;
    std::vector<TcpEndpoint> endpoints;
};

Answer resolve(moonwire::loop::Loop& loop, const std::string& host, Family family = Family::any)
{
    std::optional<Answer> answer;
    async_resolve(loop, host, 5003, family, [&](const error_code& error, std::vector<TcpEndpoint> endpoints) {
        answer = Answer{error, std::move(endpoints)};
    });
    CHECK_FALSE(answer);  // never from within
    REQUIRE(run_until(
        loop, [&] { return answer.has_value(); }, 30s));
    return *answer;
}

}  // namespace

TEST_CASE("a numeric address is its own answer")
{
    moonwire::loop::Loop loop(system_clock());
    CHECK(resolve(loop, "127.0.0.1").endpoints == std::vector{loopback_v4(5003)});
    CHECK(resolve(loop, "::1").endpoints == std::vector{loopback_v6(5003)});
    CHECK(resolve(loop, "::1", Family::ipv6).endpoints.size() == 1);
    CHECK(resolve(loop, "::1", Family::ipv4).error == errc::name_not_found);
    CHECK(resolve(loop, "127.0.0.1", Family::ipv6).error == errc::name_not_found);

    const auto with_zone = resolve(loop, "fe80::1%lo");
    REQUIRE(with_zone.endpoints.size() == 1);
    CHECK(to_string(with_zone.endpoints[0]) == "[fe80::1%lo]:5003");
    CHECK(resolve(loop, "fe80::1%no-such-interface").error == errc::name_not_found);
}

TEST_CASE("a name's addresses belong to the family and come once")
{
    moonwire::loop::Loop loop(virtual_clock());
    const auto answer = resolve(loop, "localhost", Family::ipv4);
    REQUIRE_FALSE(answer.error);
    CHECK(answer.endpoints == std::vector{loopback_v4(5003)});
    const auto any = resolve(loop, "localhost").endpoints;
    CHECK(std::count(any.begin(), any.end(), loopback_v4(5003)) == 1);
}

TEST_CASE("what is no name is not found")
{
    moonwire::loop::Loop loop(system_clock());
    CHECK(resolve(loop, "").error == errc::name_not_found);
    CHECK(resolve(loop, std::string("localhost\0x", 11)).error == errc::name_not_found);
    CHECK(code_word(resolve(loop, std::string(300, 'x')).error) == "name_not_found");
}

TEST_CASE("a look-up that is given up answers once")
{
    moonwire::loop::Loop loop(system_clock());
    for (const char* host : {"127.0.0.1", "localhost"}) {
        std::vector<error_code> answers;
        const auto operation =
            async_resolve(loop, host, 1, Family::any,
                          [&](const error_code& error, const std::vector<TcpEndpoint>&) { answers.push_back(error); });
        operation->cancel();
        operation->cancel();
        CHECK(answers.empty());
        REQUIRE(run_until(loop, [&] { return !answers.empty(); }));
        run_for(loop, 50ms);
        operation->cancel();
        REQUIRE(answers.size() == 1);
        CHECK(answers[0] == errc::cancelled);
    }
}

TEST_CASE("a loop may end while a name is being looked up")
{
    moonwire::loop::Loop loop(system_clock());
    async_resolve(loop, "localhost", 1, Family::any, [](const error_code&, const std::vector<TcpEndpoint>&) {});
}

TEST_CASE("virtual time stands still while a name is being looked up")
{
    moonwire::loop::Loop loop(virtual_clock());
    bool due_first = false;
    bool answered = false;
    moonwire::loop::Timer timer(loop);
    timer.expires_after(1h, [&] { due_first = !answered; });
    async_resolve(loop, "localhost", 1, Family::any,
                  [&](const error_code&, const std::vector<TcpEndpoint>&) { answered = true; });
    REQUIRE(run_until(loop, [&] { return answered; }));
    CHECK_FALSE(due_first);
}
