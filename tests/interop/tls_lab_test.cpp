#include "tests/interop/lab_programs.hpp"
#include "tests/support/process.hpp"

#include <catch2/catch.hpp>

#include <string>
#include <vector>

using Catch::Matchers::Contains;
using namespace moonwire::test;

namespace {

/// Runs one of the lab's openssl commands in a folder.
void openssl(const TemporaryFolder& folder, const std::string& command)
{
    const Finished finished = run({"sh", "-c", "cd \"$0\" && openssl " + command, folder.path().string()});
    INFO(command + "\n" + finished.error);
    REQUIRE(finished.status == 0);
}

std::string messages(int count, const std::string& separator)
{
    std::string text;
    for (int i = 0; i < count; ++i) {
        text += "This is PMU data " + std::to_string(i) + separator;
    }
    return text;
}

}  // namespace

TEST_CASE("pmu/tls: a PDC in Python and our PMU, with our authority's files")
{
    const TemporaryFolder folder;
    const std::string path = folder.path().string();
    REQUIRE(run_moonwire({"run", "pmu/tls", "ca", path}).status == 0);
    Server pmu(moonwire_run({"pmu/tls", "pmu", "0", path + "/pmu.crt", path + "/pmu_key.pem"}));
    const Finished pdc = run(python("Part5_PDC.py", {"CMD_short:0", path + "/ca.crt", pmu.port}));
    INFO(pdc.error);
    CHECK(pdc.status == 0);
    CHECK(pdc.output == messages(10, ""));
    CHECK(pdc.error == "TLSv1.3\n");
}

TEST_CASE("pmu/tls: our PDC and a PMU in Python, with the files of the lab's openssl commands")
{
    const TemporaryFolder folder;
    const std::string path = folder.path().string();
    openssl(folder, "genrsa -out pmu_key.pem 2048");
    openssl(folder, "req -new -key pmu_key.pem -out pmu.csr -subj /C=CH/O=EPFL/CN=localhost");
    openssl(folder, "req -x509 -newkey rsa:2048 -nodes -keyout ca_key.pem -out ca.crt -days 2 -subj /CN=Part5_ca");
    openssl(folder, "x509 -req -in pmu.csr -CA ca.crt -CAkey ca_key.pem -CAcreateserial -days 1 -out pmu.crt");
    Server pmu(python("secure_pmu.py", {"0", path + "/pmu.crt", path + "/pmu_key.pem"}));
    const auto pdc = [&](std::vector<std::string> flags) {
        flags.insert(flags.begin(), {"run", "pmu/tls", "pdc", "CMD_short:0", path + "/ca.crt", "--port", pmu.port});
        return run_moonwire(std::move(flags));
    };
    const Finished heard = pdc({});
    INFO(heard.error);
    CHECK(heard.status == 0);
    CHECK(heard.output == messages(10, "\n"));
    CHECK_THAT(heard.error, Contains("CN=localhost,O=EPFL,C=CH, issued by CN=Part5_ca"));
    CHECK_THAT(pdc({"--server", "127.0.0.1"}).error, Contains("the certificate is another host's"));
}

TEST_CASE("pmu/tls: the authority's files are what openssl expects")
{
    const TemporaryFolder folder;
    REQUIRE(run_moonwire({"run", "pmu/tls", "ca", folder.path().string()}).status == 0);
    openssl(folder, "verify -CAfile ca.crt -purpose sslserver -verify_hostname localhost pmu.crt");
    openssl(folder, "req -in pmu.csr -verify -noout");
    openssl(folder, "rsa -in pmu_key.pem -check -noout");
}
