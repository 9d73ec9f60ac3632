#include "host/impair/datagram_path.hpp"

#include "tests/unit/net/support.hpp"

#include <algorithm>
#include <set>
#include <string>
#include <vector>

using namespace moonwire;
using namespace moonwire::impair;
using namespace moonwire::test;

namespace {

/// A path whose datagrams are numbers, and what has come out of it, when.
struct Numbers {
    explicit Numbers(const DatagramFaults& faults, std::uint64_t seed = 1) : loop(virtual_clock())
    {
        way.faults = faults;
        path.emplace(loop, way, random_of(seed, 0, Way::to_target), [this](std::string_view datagram) {
            out.push_back(std::stoi(std::string(datagram)));
            times.push_back(loop.now().time_since_epoch());
        });
    }

    void put(int first, int last)
    {
        for (int i = first; i <= last; ++i) {
            path->put(std::to_string(i));
        }
    }

    void wait_until_empty()
    {
        REQUIRE(run_until(loop, [this] { return path->empty(); }));
    }

    loop::Loop loop;
    DatagramWay way;
    std::optional<DatagramPath> path;
    std::vector<int> out;
    std::vector<Duration> times;
};

std::vector<int> numbers(int first, int last)
{
    std::vector<int> result;
    for (int i = first; i <= last; ++i) {
        result.push_back(i);
    }
    return result;
}

}  // namespace

TEST_CASE("a path without faults lets everything through at once")
{
    Numbers test({});
    test.put(1, 100);
    CHECK(test.out == numbers(1, 100));
    CHECK(test.path->empty());
    CHECK(test.way.counters.received.packets == 100);
    CHECK(test.way.counters.received.bytes == 9 + 90 * 2 + 3);
    CHECK(test.way.counters.delayed.packets == 0);
}

TEST_CASE("as many datagrams are lost as the probability says")
{
    DatagramFaults faults;
    faults.drop = 0.3;
    Numbers test(faults);
    test.put(1, 10000);
    const auto& counters = test.way.counters;
    CHECK(counters.dropped.packets == 10000 - test.out.size());
    CHECK(counters.dropped.packets > 2800);
    CHECK(counters.dropped.packets < 3200);
    CHECK(std::is_sorted(test.out.begin(), test.out.end()));
    faults.drop = 1;
    Numbers all(faults);
    all.put(1, 100);
    CHECK(all.out.empty());
}

TEST_CASE("with one seed the same datagrams are lost, whatever else happens to them")
{
    DatagramFaults faults;
    faults.drop = 0.3;
    const auto survivors = [&](const DatagramFaults& more, std::uint64_t seed) {
        Numbers test(more, seed);
        test.put(1, 200);
        test.wait_until_empty();
        return std::set<int>(test.out.begin(), test.out.end());
    };
    const auto first = survivors(faults, 7);
    CHECK(survivors(faults, 7) == first);
    CHECK(survivors(faults, 8) != first);
    faults.delay = 20ms;
    faults.jitter = 50ms;
    faults.duplicate = 0.2;
    faults.reorder = 0.2;
    CHECK(survivors(faults, 7) == first);
}

TEST_CASE("the random numbers of clients and ways have nothing to do with each other")
{
    std::set<std::uint64_t> first_draws;
    for (const std::uint64_t relay : {0U, 1U, 2U}) {
        for (const std::uint64_t client : {0U, 1U, 2U}) {
            for (const Way way : {Way::to_target, Way::to_client}) {
                first_draws.insert(random_of(relay, client, way).bits());
                CHECK(random_of(relay, client, way).bits() == random_of(relay, client, way).bits());
            }
        }
    }
    CHECK(first_draws.size() == 3 * 3 * 2);
}

TEST_CASE("delayed datagrams come later, each by as much as was drawn, and in order")
{
    DatagramFaults faults;
    faults.delay = 20ms;
    faults.jitter = 30ms;
    Numbers test(faults);
    test.put(1, 100);
    CHECK(test.out.empty());
    CHECK(test.way.waiting == 100);
    test.wait_until_empty();
    CHECK(test.out == numbers(1, 100));
    CHECK(test.times.front() >= 20ms);
    CHECK(test.times.back() > 45ms);  // the largest of a hundred
    CHECK(test.times.back() <= 50ms);
    CHECK(test.times.front() < test.times.back());
    CHECK(test.way.counters.delayed.packets == 100);
    CHECK(test.way.waiting == 0);
    CHECK(test.way.waiting_bytes == 0);
}

TEST_CASE("a rate lets one datagram through after the other, and what the queue has no room for is dropped")
{
    DatagramFaults faults;
    faults.rate = 100;  // of one byte each: 10 ms
    faults.queue = 5;
    Numbers test(faults);
    test.put(1, 9);
    CHECK(test.way.counters.overflowed.packets == 4);
    test.wait_until_empty();
    CHECK(test.out == numbers(1, 5));
    CHECK(test.times == std::vector<Duration>{10ms, 20ms, 30ms, 40ms, 50ms});
    test.put(6, 6);
    test.wait_until_empty();
    CHECK(test.times.back() == 60ms);
}

TEST_CASE("a reordered datagram is overtaken by the next one, or held for a limited time")
{
    DatagramFaults faults;
    faults.reorder = 1;
    faults.hold = 30ms;
    Numbers test(faults);
    test.put(1, 4);
    CHECK(test.out == std::vector<int>{2, 1, 4, 3});
    CHECK(test.way.counters.reordered.packets == 2);
    test.put(5, 5);
    CHECK(test.way.waiting == 1);
    test.wait_until_empty();
    CHECK(test.out == std::vector<int>{2, 1, 4, 3, 5});
    CHECK(test.times.back() == 30ms);
    CHECK(test.way.counters.reordered.packets == 2);
    CHECK(test.way.waiting == 0);
}

TEST_CASE("a duplicated datagram comes twice")
{
    DatagramFaults faults;
    faults.duplicate = 1;
    faults.delay = 1ms;
    Numbers test(faults);
    test.put(1, 2);
    test.wait_until_empty();
    CHECK(test.out == std::vector<int>{1, 1, 2, 2});
    CHECK(test.way.counters.duplicated.packets == 2);
    CHECK(test.way.counters.received.packets == 2);
}

TEST_CASE("other faults hold from the next datagram on, and what waits at the end is counted off")
{
    DatagramFaults faults;
    faults.delay = 1h;
    Numbers test(faults);
    test.put(1, 2);
    test.way.faults = {};
    test.put(3, 3);  // does not overtake
    CHECK(test.out.empty());
    CHECK(test.way.waiting == 3);
    test.path.reset();
    CHECK(test.way.waiting == 0);
    CHECK(test.way.waiting_bytes == 0);
}
