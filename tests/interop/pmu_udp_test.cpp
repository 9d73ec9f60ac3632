#include "tests/interop/lab_programs.hpp"
#include "tests/support/networks.hpp"
#include "tests/support/process.hpp"

#include <catch2/catch.hpp>

using Catch::Matchers::Contains;
using Catch::Matchers::Matches;
using Catch::Matchers::StartsWith;
using namespace moonwire::test;

namespace {

const std::string answer_pattern = "OFFSET=(1?[0-9]|20)\n";

/// The command with a hosts file of its own.
std::vector<std::string> with_hosts(const std::string& hosts, const std::vector<std::string>& command)
{
    std::vector<std::string> whole = {"unshare", "-m", "sh", "-c", "mount --bind \"$0\" /etc/hosts && exec \"$@\"",
                                      hosts};
    whole.insert(whole.end(), command.begin(), command.end());
    return whole;
}

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

TEST_CASE(
    "pmu/udp: the PMU is on another machine, whose name has addresses of both versions, and one that leads nowhere")
{
    const Networks networks;
    if (!networks.available()) {
        return;
    }
    const TemporaryFolder folder;
    const std::string hosts = folder.write("hosts", "10.9.0.2 pmu.test\nfd09::2 pmu.test\n192.0.2.77 pmu.test\n");
    const std::string family = GENERATE("ipv4", "ipv6");
    Server pmu(networks.right(moonwire_run({"pmu/udp", "pmu", "--port", "0", "--family", family, "--loss", "0.4"})));
    const Finished pdc = run(
        networks.left(with_hosts(hosts, moonwire_run({"pmu/udp", "pdc", "pmu.test", pmu.port, "--timeout", "0.1"}))));
    INFO(pdc.error);
    CHECK(pdc.status == 0);
    CHECK_THAT(pdc.output, Matches(answer_pattern));
    pmu.process.wait_for_error(family == "ipv4" ? "10.9.0.1:" : "[fd09::1]:");
    const Finished nobody = run(networks.left(
        with_hosts(hosts, moonwire_run({"pmu/udp", "pdc", "pmu.test", "9", "--timeout", "0.1", "--tries", "2"}))));
    CHECK(nobody.status == 1);
    // Not what the other two come to: the kernel sends no more than a few ICMP errors a second.
    CHECK_THAT(nobody.error, Contains("has not answered 2 requests (") && Contains("192.0.2.77: unreachable"));
}
