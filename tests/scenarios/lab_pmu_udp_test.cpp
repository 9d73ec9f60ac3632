#include "tests/support/process.hpp"
#include "tests/support/udp_peer.hpp"

#include <catch2/catch.hpp>

#include <chrono>
#include <csignal>
#include <memory>
#include <vector>

using Catch::Matchers::Contains;
using Catch::Matchers::EndsWith;
using Catch::Matchers::Matches;
using Catch::Matchers::StartsWith;
using namespace moonwire::test;

namespace {

using Arguments = std::vector<std::string>;

const std::string answer_pattern = "OFFSET=(1?[0-9]|20)\n";

struct Pmu {
    explicit Pmu(Arguments flags = {}, const std::string& wanted_port = "0")
        : process(arguments(std::move(flags), wanted_port))
    {
        port = port_of(process.wait_for_error("ready on"));
    }

    static Arguments arguments(Arguments flags, const std::string& wanted_port)
    {
        flags.insert(flags.begin(), {"pmu/udp", "pmu", "--port", wanted_port});
        return moonwire_run(std::move(flags));
    }

    Process process;
    std::string port;
};

Finished run_role(const std::string& role, const std::string& server, const std::string& port, Arguments flags = {})
{
    flags.insert(flags.begin(), {"run", "pmu/udp", role, server, port});
    return run_moonwire(std::move(flags));
}

Finished run_all(Arguments flags)
{
    flags.insert(flags.begin(), {"run", "pmu/udp", "--port", "0", "--virtual-time"});
    return run_moonwire(std::move(flags));
}

/// The number behind `label` in what a run has said.
double figure(const std::string& text, const std::string& label)
{
    const std::size_t found = text.find(label);
    INFO(text);
    REQUIRE(found != std::string::npos);
    return std::stod(text.substr(text.find_first_not_of(" .", found + label.size())));
}

double implied_loss(const Finished& run)
{
    return figure(run.output, "implied loss 1 - 1/mean: ");
}

}  // namespace

TEST_CASE("pmu/udp: all roles in one process: a reset, and a trial of sixty")
{
    const Finished run = run_all({});
    CHECK(run.status == 0);
    CHECK_THAT(run.output,
               Matches("OFFSET=[0-9]+\n"
                       "60 runs took [0-9]+ requests: [0-9.]+ on average\n"
                       "implied loss 1 - 1/mean: 0\\.[0-9]{3}, 95 % confidence interval 0\\.[0-9]{3} to 0\\.[0-9]{3}\n"
                       "requests    runs  expected\n"
                       "( +[0-9]+[ +] +[0-9]+ +[0-9]+\\.[0-9](  #+)?\n)+"));
}

TEST_CASE("pmu/udp: all roles in one process, whatever the PMU's version of IP")
{
    const std::string family = GENERATE("ipv4", "ipv6", "both");
    const Finished run = run_all({"--family", family, "--runs", "3"});
    CHECK(run.status == 0);
    CHECK_THAT(run.output, Contains("3 runs took"));
}

TEST_CASE("pmu/udp: a trial with a seed is repeatable")
{
    const Finished first = run_all({"--seed", "7"});
    CHECK(run_all({"--seed", "7"}).output == first.output);
    CHECK(run_all({"--seed", "8"}).output != first.output);
    const Finished in_real_time =
        run_moonwire({"run", "pmu/udp", "--port", "0", "--seed", "7", "--runs", "3", "--timeout", "0.2"});
    CHECK(in_real_time.output == run_all({"--seed", "7", "--runs", "3"}).output);
}

TEST_CASE("pmu/udp: a long trial finds the loss, and says what the PMU has really ignored")
{
    const Finished run = run_all({"--seed", "1", "--runs", "1000", "--loss", "0.6"});
    CHECK(implied_loss(run) == Approx(0.6).margin(0.03));
    const double reached = figure(run.error, "requests that reached the PMU");
    CHECK(figure(run.error, "of those ignored") / reached == Approx(implied_loss(run)).margin(0.002));
}

TEST_CASE("pmu/udp: a PMU of both versions is asked twice in a round, so a round is lost only if both are")
{
    const Finished run = run_all({"--seed", "1", "--runs", "1000", "--loss", "0.6", "--family", "both"});
    CHECK(implied_loss(run) == Approx(0.36).margin(0.03));
}

TEST_CASE("pmu/udp: without loss every run takes one request, and the interval is in closed form")
{
    const Finished run = run_all({"--loss", "0"});
    CHECK_THAT(run.output, EndsWith("60 runs took 60 requests: 1.000 on average\n"
                                    "implied loss 1 - 1/mean: 0.000, 95 % confidence interval 0.000 to 0.060\n"
                                    "requests    runs  expected\n"
                                    "       1      60      60.0  ########################################\n"
                                    "       2+      0       0.0\n"));
}

TEST_CASE("pmu/udp: the PDC prints the answer, and says how many requests it took")
{
    Pmu pmu({"--loss", "0"});
    const Finished pdc = run_role("pdc", "localhost", pmu.port);
    CHECK(pdc.status == 0);
    CHECK_THAT(pdc.output, Matches(answer_pattern));
    CHECK_THAT(pdc.error, Contains("requests that it took ... 1 requests"));
}

TEST_CASE("pmu/udp: the PMU listens on one version of IP only, unless it is told to listen on both")
{
    const std::string family = GENERATE("ipv4", "ipv6", "both");
    Pmu pmu({"--family", family, "--loss", "0"});
    const Arguments impatient = {"--tries", "1", "--timeout", "0.3"};
    CHECK(run_role("pdc", "localhost", pmu.port).status == 0);
    CHECK(run_role("pdc", "127.0.0.1", pmu.port, impatient).status == (family == "ipv6" ? 1 : 0));
    CHECK(run_role("pdc", "::1", pmu.port, impatient).status == (family == "ipv4" ? 1 : 0));
}

TEST_CASE("pmu/udp: two PMUs on one port, one a version of IP")
{
    Pmu six({"--family", "ipv6", "--loss", "0"});
    Pmu four({"--family", "ipv4", "--loss", "0"}, six.port);
    CHECK(run_role("pdc", "127.0.0.1", six.port).status == 0);
    four.process.wait_for_error("127.0.0.1:");
    CHECK(run_role("pdc", "::1", six.port).status == 0);
    six.process.wait_for_error("[::1]:");
    CHECK(run_role("pdc", "localhost", six.port).status == 0);
    const Finished third = run_moonwire({"run", "pmu/udp", "pmu", "--port", six.port, "--family", "both"});
    CHECK(third.status == 1);
    CHECK_THAT(third.error, Contains("address already in use"));
}

TEST_CASE("pmu/udp: a PMU that ignores everything: the PDC gives up with an error")
{
    Pmu pmu({"--loss", "1"});
    const std::string role = GENERATE("pdc", "trial");
    const Finished pdc = run_role(role, "localhost", pmu.port, {"--tries", "3", "--timeout", "0.05"});
    CHECK(pdc.status == 1);
    CHECK(pdc.output.empty());
    CHECK_THAT(pdc.error, Contains("the PMU localhost, port " + pmu.port + ", has not answered 3 requests") &&
                              Contains("::1: refused") && Contains("127.0.0.1: no answer"));
    for (int i = 0; i < 3; ++i) {
        pmu.process.wait_for_error("is ignored");
    }
}

TEST_CASE("pmu/udp: nobody there, and no such name")
{
    std::string port;
    {
        const UdpPeer gone;
        port = gone.port();
    }
    const Finished nobody = run_role("pdc", "127.0.0.1", port, {"--tries", "2", "--timeout", "0.05"});
    CHECK(nobody.status == 1);
    CHECK_THAT(nobody.error, Contains("has not answered 2 requests (127.0.0.1: refused)"));
    const Finished no_name = run_role("pdc", "nowhere.invalid", port);
    CHECK(no_name.status == 1);
    CHECK_THAT(no_name.error, Contains("nowhere.invalid"));
}

TEST_CASE("pmu/udp: the answers' format, and how far the clock advances")
{
    Pmu pmu({"--loss", "0"});
    UdpPeer client;
    bool seen[4] = {};
    for (int i = 0; i < 200; ++i) {
        client.send("RESET:3", pmu.port);
        const std::string answer = client.receive();
        REQUIRE_THAT(answer, Matches("OFFSET=[0-3]"));
        seen[answer.back() - '0'] = true;
    }
    CHECK((seen[0] && seen[1] && seen[2] && seen[3]));
    client.send("RESET:0", pmu.port);
    CHECK(client.receive() == "OFFSET=0");
    client.send("RESET: 0\n", pmu.port);  // as the lab's text writes it
    CHECK(client.receive() == "OFFSET=0");
    client.send("RESET:999999999999999", pmu.port);
    CHECK_THAT(client.receive(), Matches("OFFSET=[0-9]{1,15}"));
}

TEST_CASE("pmu/udp: the PMU says nothing to garbage, and survives it")
{
    Pmu pmu({"--loss", "0"});
    UdpPeer client;
    for (const std::string& garbage :
         {std::string(), std::string("hello"), std::string("RESET:"), std::string("RESET:-1"), std::string("RESET:2.5"),
          std::string("RESET:0x10"), std::string("RESET:9999999999999999"), std::string("reset:20"),
          std::string("RESET:20 now"), std::string("xRESET:20"), std::string("RESET:20\0", 9), std::string(65507, 'x'),
          "RESET:" + std::string(65000, '9'), std::string("\xff\xfe\x1b[2J%s%d\0", 11)}) {
        client.send(garbage, pmu.port);
        pmu.process.wait_for_error("sends what is no request");
    }
    CHECK_THAT(pmu.process.error(), !Contains("\x1b"));
    client.send("RESET:0", pmu.port);
    CHECK(client.receive() == "OFFSET=0");  // the first answer is to the only request
}

TEST_CASE("pmu/udp: the PMU outlives clients that have gone, and serves many at once")
{
    Pmu pmu({"--loss", "0"});
    for (int i = 0; i < 20; ++i) {
        UdpPeer("127.0.0.1").send("RESET:20", pmu.port);
    }
    std::vector<std::unique_ptr<UdpPeer>> clients;
    for (int i = 0; i < 50; ++i) {
        clients.push_back(std::make_unique<UdpPeer>());
        clients.back()->send("RESET:0", pmu.port);
    }
    for (const auto& client : clients) {
        CHECK(client->receive() == "OFFSET=0");
    }
}

TEST_CASE("pmu/udp: the PDC asks all versions of IP before it waits, and again when the time is over")
{
    UdpPeer four("127.0.0.1");
    UdpPeer six("::1", four.port());
    Process pdc(moonwire_run({"pmu/udp", "pdc", "localhost", four.port(), "--offset", "7", "--timeout", "0.1"}));
    for (int round = 0; round < 2; ++round) {
        CHECK(six.receive() == "RESET:7");
        CHECK(four.receive() == "RESET:7");
    }
    UdpPeer& answering = *GENERATE_REF(&four, &six);
    answering.answer("OFFSET=5");
    CHECK(pdc.wait() == 0);
    CHECK(pdc.output() == "OFFSET=5\n");
    CHECK(figure(pdc.error(), "requests that it took") >= 2);
}

TEST_CASE("pmu/udp: the PDC waits a second before it asks again")
{
    UdpPeer pmu;
    Process pdc(moonwire_run({"pmu/udp", "pdc", "127.0.0.1", pmu.port()}));
    CHECK(pmu.receive() == "RESET:20");
    const auto first = std::chrono::steady_clock::now();
    CHECK(pmu.receive() == "RESET:20");
    CHECK(std::chrono::steady_clock::now() - first > std::chrono::milliseconds(900));
    pmu.answer("OFFSET=20");
    CHECK(pdc.wait() == 0);
}

TEST_CASE("pmu/udp: the PDC passes over what is no answer, and goes on asking")
{
    UdpPeer pmu;
    Process pdc(moonwire_run({"pmu/udp", "pdc", "127.0.0.1", pmu.port()}));
    pmu.receive();
    for (const std::string& wrong : {std::string(), std::string("OFFSET=21"), std::string("OFFSET=-1"),
                                     std::string("OFFSET=X"), std::string("OFFSET="), std::string("offset=3"),
                                     std::string("OFFSET=3 OFFSET=4"), std::string(65507, '\xff')}) {
        pmu.answer(wrong);
        pdc.wait_for_error("sends what is no answer");
    }
    CHECK(pmu.receive() == "RESET:20");
    pmu.answer("OFFSET=12.5");
    CHECK(pdc.wait() == 0);
    CHECK(pdc.output() == "OFFSET=12.5\n");
}

TEST_CASE("pmu/udp: the PDC asks again in time, however much else comes in")
{
    UdpPeer pmu;
    Process pdc(moonwire_run({"pmu/udp", "pdc", "127.0.0.1", pmu.port(), "--timeout", "0.1"}));
    pmu.receive();
    const auto end = std::chrono::steady_clock::now() + std::chrono::milliseconds(500);
    while (std::chrono::steady_clock::now() < end) {
        pmu.answer("noise");
        pdc.wait_for_error("sends what is no answer");
    }
    pmu.answer("OFFSET=0");
    CHECK(pdc.wait() == 0);
    CHECK(figure(pdc.error(), "requests that it took") >= 4);
}

TEST_CASE("pmu/udp: an answer from another port is not the PMU's")
{
    UdpPeer pmu;
    Process pdc(moonwire_run({"pmu/udp", "pdc", "127.0.0.1", pmu.port()}));
    pmu.receive();
    const std::string client_port = pmu.sender_port();
    UdpPeer stranger;
    stranger.send("OFFSET=6", client_port);
    CHECK_THAT(pdc.wait_for_error("sends what is no answer"), Contains("127.0.0.1:" + stranger.port()));
    pmu.answer("OFFSET=7");
    CHECK(pdc.wait() == 0);
    CHECK(pdc.output() == "OFFSET=7\n");
}

TEST_CASE("pmu/udp: a PMU that answers from another of its addresses")
{
    Pmu pmu({"--loss", "0"});
    for (const char* address : {"127.0.0.2", "0.0.0.0"}) {
        CHECK(run_role("pdc", address, pmu.port).status == 0);
    }
}

TEST_CASE("pmu/udp: a trial and a PMU in two processes, in time that passes")
{
    Pmu pmu({"--seed", "3", "--loss", "0.5"});
    const Finished trial = run_role("trial", "localhost", pmu.port, {"--timeout", "0.03", "--runs", "20"});
    CHECK(trial.status == 0);
    CHECK_THAT(trial.output, StartsWith("20 runs took ") && Contains("\nrequests    runs  expected\n"));
    CHECK_THAT(trial.error, Contains("trial: 18 of 20 runs"));
}

TEST_CASE("pmu/udp: Ctrl-C ends the PMU with status 130, and it says what it has ignored")
{
    Pmu pmu({"--loss", "1"});
    UdpPeer client;
    client.send("RESET:20", pmu.port);
    pmu.process.wait_for_error("is ignored");
    pmu.process.signal(SIGINT);
    CHECK(pmu.process.wait() == 130);
    CHECK(figure(pmu.process.error(), "of those ignored") == 1);
}
