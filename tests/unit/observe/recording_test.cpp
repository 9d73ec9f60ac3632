#include "host/observe/recorder.hpp"
#include "host/observe/throughput.hpp"

#include <catch2/catch.hpp>

#include <numeric>

using namespace moonwire::observe;
using namespace std::chrono_literals;

namespace {

Event transfer(Kind kind, Duration time, std::size_t size, std::string_view role = "pmu")
{
    return {.kind = kind, .layer = Layer::tcp, .time = TimePoint(time), .size = size, .role = role};
}

std::uint64_t sum(const std::vector<std::uint64_t>& steps)
{
    return std::accumulate(steps.begin(), steps.end(), std::uint64_t{0});
}

}  // namespace

TEST_CASE("a recorder keeps the first events with the beginning of their content, and counts the others")
{
    Recorder recorder(3, 4);
    for (int i = 0; i < 5; ++i) {
        std::string content = "content " + std::to_string(i);
        std::string role = "role " + std::to_string(i);
        recorder.on_event({.kind = Kind::sent, .size = content.size(), .content = content, .text = role, .role = role});
    }
    REQUIRE(recorder.events().size() == 3);
    CHECK(recorder.dropped() == 2);
    CHECK(recorder.events()[2].content == "cont");
    CHECK(recorder.events()[2].text == "role");
    CHECK(recorder.events()[2].role == "role 2");
    CHECK(recorder.events()[2].event.size == 9);
    CHECK(recorder.events()[2].event.content.empty());
}

TEST_CASE("a recorder keeps no secrets")
{
    Recorder recorder(3, 100);
    recorder.on_event({.kind = Kind::secret, .text = "CLIENT_RANDOM …"});
    CHECK(recorder.events().empty());
    CHECK(recorder.dropped() == 0);
}

TEST_CASE("throughput counts what each role's transports send and receive, step by step")
{
    Throughput throughput(TimePoint(1s), 10ms);
    throughput.on_event(transfer(Kind::sent, 1s, 100));
    throughput.on_event(transfer(Kind::sent, 1009ms, 20));
    throughput.on_event(transfer(Kind::sent, 1030ms, 3));
    throughput.on_event(transfer(Kind::received, 1010ms, 7));
    throughput.on_event(transfer(Kind::received, 999ms, 1, "pdc"));  // before it has begun
    throughput.on_event({.kind = Kind::sent, .layer = Layer::websocket, .time = TimePoint(1s), .size = 5});
    throughput.on_event({.kind = Kind::opened, .layer = Layer::tcp, .time = TimePoint(1s), .size = 5});
    REQUIRE(throughput.roles().size() == 2);
    const auto& pmu = throughput.roles().at("pmu");
    CHECK(pmu.sent == std::vector<std::uint64_t>{120, 0, 0, 3});
    CHECK(pmu.received == std::vector<std::uint64_t>{0, 7});
    CHECK(throughput.roles().at("pdc").received == std::vector<std::uint64_t>{1});
}

TEST_CASE("the steps of a long run become longer, and nothing is lost")
{
    Throughput throughput(TimePoint(0s), 10ms);
    for (int i = 0; i < 10'000; ++i) {
        throughput.on_event(transfer(i % 2 == 0 ? Kind::sent : Kind::received, i * 7ms, 1));
    }
    const auto& pmu = throughput.roles().at("pmu");
    CHECK(throughput.step() == 160ms);
    CHECK(pmu.sent.size() <= Throughput::max_steps);
    CHECK(sum(pmu.sent) == 5000);
    CHECK(sum(pmu.received) == 5000);
    CHECK(pmu.sent[10] == Approx(160.0 / 14).margin(1));
    throughput.on_event(transfer(Kind::sent, 24h * 365, 1));
    CHECK(sum(pmu.sent) == 5001);
    CHECK(pmu.sent.size() <= Throughput::max_steps);
}

TEST_CASE("of many roles the last ones are counted together")
{
    Throughput throughput(TimePoint(0s), 10ms);
    for (int i = 0; i < 100; ++i) {
        throughput.on_event(transfer(Kind::sent, 0s, 1, "role " + std::to_string(i)));
    }
    CHECK(throughput.roles().size() == Throughput::max_roles);
    CHECK(sum(throughput.roles().at("others").sent) == 100 - Throughput::max_roles + 1);
}
