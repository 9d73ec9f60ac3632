#include "host/sweep/plan.hpp"

#include <catch2/catch.hpp>

#include <set>

using namespace moonwire;

namespace {

sweep::Axis axis(std::string name, Values values)
{
    sweep::Axis made;
    made.parameter.name = std::move(name);
    made.values = std::move(values);
    return made;
}

sweep::Plan plan()
{
    sweep::Plan made;
    made.axes = {axis("loss", {0.0, 0.5}), axis("family", {"ipv4", "ipv6", "both"})};
    made.fixed = {{"runs", 60.0}};
    made.repeat = 4;
    made.seed = 7;
    return made;
}

}  // namespace

TEST_CASE("sweep: a plan has all combinations, the last parameter turning fastest")
{
    const sweep::Plan all = plan();
    CHECK(all.combinations() == 6);
    CHECK(all.runs() == 24);
    CHECK(all.label(0) == "loss=0, family=ipv4");
    CHECK(all.label(1) == "loss=0, family=ipv6");
    CHECK(all.label(5) == "loss=0.5, family=both");
    CHECK(all.parameters(3) == std::map<std::string, Value>{{"loss", 0.5}, {"family", "ipv4"}, {"runs", 60.0}});
}

TEST_CASE("sweep: every run has a seed of its own, which is exact in JSON")
{
    const sweep::Plan all = plan();
    std::set<std::uint64_t> seeds;
    for (std::size_t i = 0; i < all.runs(); ++i) {
        seeds.insert(all.seed_of(i / all.repeat, i % all.repeat));
    }
    CHECK(seeds.size() == all.runs());
    CHECK(*seeds.rbegin() < (std::uint64_t{1} << 53));
}

TEST_CASE("sweep: a run's seed does not depend on what else is swept, but on the sweep's seed")
{
    const sweep::Plan small = plan();
    sweep::Plan larger = plan();
    larger.axes[0].values = {0.0, 0.25, 0.5, 0.75};
    larger.repeat = 100;
    CHECK(larger.label(6) == small.label(3));
    CHECK(larger.seed_of(6, 2) == small.seed_of(3, 2));
    sweep::Plan other = plan();
    other.seed = 8;
    CHECK(other.seed_of(3, 2) != small.seed_of(3, 2));
}

TEST_CASE("sweep: the seeds stay what they are from one version to the next")
{
    CHECK(plan().seed_of(0, 0) == 1639722541423670);
    CHECK(plan().seed_of(3, 2) == 7832561270700207);
}
