#include "tests/interop/lab_programs.hpp"
#include "tests/support/process.hpp"

#include <catch2/catch.hpp>

using Catch::Matchers::Matches;
using Catch::Matchers::StartsWith;
using namespace moonwire::test;

namespace {

const std::string answer_pattern = "OFFSET=(1?[0-9]|20)\n";

}  // namespace

TEST_CASE("pmu/udp: a PDC in Python and our PMU")
{
    const std::string family = GENERATE("ipv4", "ipv6", "both");
    Server pmu(moonwire_run({"pmu/udp", "pmu", "--port", "0", "--family", family, "--loss", "0.4"}));
    for (const char* address : {"127.0.0.1", "::1"}) {
        if (family != (std::string(address) == "::1" ? "ipv4" : "ipv6")) {
            const Finished pdc = run(python("UDP_PDC.py", {address, pmu.port, "0.1"}));
            CHECK(pdc.status == 0);
            CHECK_THAT(pdc.output, Matches(answer_pattern));
        }
    }
}

TEST_CASE("pmu/udp: our PDC and a PMU in Python")
{
    Server pmu(python("UDP_PMU.py", {"0", GENERATE("4", "6"), "0.4"}));
    for (int i = 0; i < 3; ++i) {
        const Finished pdc = run_moonwire({"run", "pmu/udp", "pdc", "localhost", pmu.port, "--timeout", "0.1"});
        CHECK(pdc.status == 0);
        CHECK_THAT(pdc.output, Matches(answer_pattern));
    }
    pmu.process.wait_for_output("request: RESET:20");
}

TEST_CASE("pmu/udp: our trial and a PMU in Python")
{
    Server pmu(python("UDP_PMU.py", {"0", "6", "0"}));
    const Finished trial = run_moonwire({"run", "pmu/udp", "trial", "localhost", pmu.port, "--runs", "20"});
    CHECK(trial.status == 0);
    CHECK_THAT(trial.output, StartsWith("20 runs took 20 requests: 1.000 on average\n"));
}
