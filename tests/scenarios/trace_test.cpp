// moonwire run --trace: the exchange as it happens.
#include "tests/support/process.hpp"
#include "tests/support/terminal.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

using Catch::Matchers::Contains;
using Catch::Matchers::StartsWith;
using namespace moonwire::test;

namespace {

using Lines = std::vector<std::string>;

std::string content_of(const std::string& file)
{
    std::ifstream in(file);
    return {std::istreambuf_iterator<char>(in), {}};
}

Lines lines_of(const std::string& text)
{
    Lines lines;
    for (std::size_t begin = 0; begin < text.size();) {
        const std::size_t end = std::min(text.find('\n', begin), text.size());
        lines.push_back(text.substr(begin, end - begin));
        begin = end + 1;
    }
    return lines;
}

/// Plays a scenario with its trace in a file, and checks that every line of it is JSON with what every line has.
Lines traced(std::vector<std::string> arguments)
{
    const TemporaryFolder folder;
    const std::string file = folder.path() / "trace.json";
    arguments.insert(arguments.begin(), "run");
    arguments.insert(arguments.end(), {"--trace=json", "--trace-file", file});
    const Finished run = run_moonwire(std::move(arguments));
    INFO(run.error);
    REQUIRE(run.status == 0);
    const Finished checked = run_moonwire({"-e", R"(
        local before = 0
        for line in io.lines(arg[1]) do
          local event = assert(json.decode(line))
          assert(event.time >= before, line)
          assert(event.event and event.layer, line)
          before = event.time
        end)",
                                           file});
    INFO(checked.error);
    REQUIRE(checked.status == 0);
    return lines_of(content_of(file));
}

bool has(const std::string& line, const std::vector<std::string>& parts)
{
    return std::all_of(parts.begin(), parts.end(),
                       [&](const std::string& part) { return line.find(part) != std::string::npos; });
}

/// How many lines have all these parts.
std::ptrdiff_t count(const Lines& lines, const std::vector<std::string>& parts)
{
    return std::count_if(lines.begin(), lines.end(), [&](const std::string& line) { return has(line, parts); });
}

/// The number of the first line that has all these parts; how many lines there are if none has.
std::ptrdiff_t place(const Lines& lines, const std::vector<std::string>& parts)
{
    return std::find_if(lines.begin(), lines.end(), [&](const std::string& line) { return has(line, parts); }) -
           lines.begin();
}

/// The parts of a line about a role's event.
std::vector<std::string> of(const std::string& role, const std::string& layer, const std::string& kind,
                            std::vector<std::string> more = {})
{
    more.push_back("\"role\":\"" + role + "\"");
    more.push_back("\"layer\":\"" + layer + "\",\"event\":\"" + kind + "\"");
    return more;
}

}  // namespace

TEST_CASE("trace: the PMU over TCP")
{
    const Lines lines =
        traced({"pmu/tcp", "--port", "0", "--virtual-time", "--count", "3", "--trace-detail", "packets"});
    CHECK(count(lines, of("pmu", "tcp", "sent", {"\"content\":\"This is PMU data "})) == 3);
    CHECK(count(lines, of("pdc", "tcp", "received", {"This is PMU data 2"})) == 1);
    CHECK(count(lines, of("pdc", "tcp", "sent", {"\"content\":\"CMD_short:0.1\"", "\"size\":13"})) == 1);
    CHECK(count(lines, of("pmu", "tcp", "closed")) == 2);  // the listener, too

    // Addresses are there before anything can be on its way.
    CHECK(place(lines, of("pmu", "tcp", "bound")) < place(lines, of("pmu", "tcp", "listening")));
    CHECK(place(lines, of("pmu", "tcp", "listening")) < place(lines, of("pdc", "tcp", "connecting")));
    CHECK(place(lines, of("pdc", "tcp", "connecting")) < place(lines, of("pmu", "tcp", "accepted")));
    CHECK(place(lines, of("pmu", "tcp", "accepted")) < place(lines, of("pmu", "tcp", "received")));
    CHECK(place(lines, of("pmu", "tcp", "received")) < place(lines, of("pmu", "tcp", "sent")));
}

TEST_CASE("trace: the PMU over UDP")
{
    const Lines lines = traced({"pmu/udp", "--port", "0", "--virtual-time", "--seed", "1"});
    CHECK(count(lines, of("pdc", "udp", "sent")) >= 1);
    CHECK(count(lines, of("pmu", "udp", "sent")) >= 1);
    // Over IPv4, that is: nobody listens on the other address of localhost.
    const std::string v4 = "\"remote\":\"127.0.0.1:";
    CHECK(count(lines, {"\"event\":\"sent\"", v4}) == count(lines, {"\"event\":\"received\"", v4}));
    CHECK(place(lines, of("pdc", "udp", "sent")) < place(lines, of("pmu", "udp", "received")));
    CHECK(place(lines, of("pmu", "udp", "sent")) < place(lines, of("pdc", "udp", "received")));
}

TEST_CASE("trace: the PMU over TLS, without its secrets")
{
    const Lines lines =
        traced({"pmu/tls", "--port", "0", "--key-type", "p256", "--count", "2", "--trace-detail", "calls"});
    CHECK(count(lines, of("pdc", "tls", "handshake", {"\"direction\":\"out\"", "ClientHello"})) == 1);
    CHECK(count(lines, of("pmu", "tls", "handshake", {"\"direction\":\"in\"", "ClientHello"})) == 1);
    CHECK(count(lines, of("pdc", "tls", "connected", {"TLSv1.3"})) == 1);
    CHECK(count(lines, of("pmu", "tls", "sent", {"This is PMU data"})) == 2);
    CHECK(count(lines, {"\"layer\":\"tcp\"", "This is PMU data"}) == 0);
    CHECK(count(lines, of("pmu", "tcp", "call", {"\"call\":\"recv\""})) >= 2);
    CHECK(count(lines, {"\"layer\":\"loop\"", "\"call\":\"epoll_wait\""}) >= 1);
    CHECK(count(lines, {"TRAFFIC_SECRET"}) == 0);
    CHECK(count(lines, {"\"event\":\"secret\""}) == 0);
}

TEST_CASE("trace: the PMU over WebSocket, as messages and as frames")
{
    const std::vector<std::string> run = {"pmu/websocket", "--port", "0", "--virtual-time", "--count", "2"};
    const Lines messages = traced(run);
    CHECK(count(messages, of("pdc", "websocket", "connected", {"101 Switching Protocols"})) == 1);
    CHECK(count(messages, of("pmu", "websocket", "sent", {"\"text\":\"text\"", "This is PMU data"})) == 2);
    CHECK(count(messages, of("pdc", "websocket", "received", {"This is PMU data"})) == 2);
    CHECK(count(messages, {"\"layer\":\"tcp\"", "This is PMU data"}) == 0);
    CHECK(count(messages, {"\"event\":\"frame\""}) == 0);

    auto closer = run;
    closer.insert(closer.end(), {"--trace-detail", "packets"});
    const Lines packets = traced(closer);
    CHECK(count(packets, of("pmu", "websocket", "frame", {"\"direction\":\"out\"", "\"text\":\"text\""})) == 2);
    CHECK(count(packets, of("pdc", "websocket", "frame", {"\"direction\":\"out\"", "\"text\":\"close\""})) == 1);
    // The frame's header is no text: "This is PMU data 0" behind 0x81 0x12.
    CHECK(count(packets, of("pdc", "tcp", "received", {"81125468697320697320504d552064617461203"})) == 2);
}

TEST_CASE("trace: lines for people, and nothing else, on standard error")
{
    const Finished run = run_moonwire({"run", "pmu/tcp", "--port", "0", "--virtual-time", "--count", "1", "--trace"});
    CHECK(run.status == 0);
    CHECK(run.output == "This is PMU data 0\n");
    CHECK_THAT(run.error, Contains("pdc tcp 2  → 13 bytes \"CMD_short:0.1\"\n"));
    CHECK_THAT(run.error, Contains("pmu tcp 3  ← 13 bytes \"CMD_short:0.1\"\n"));
    CHECK_THAT(run.error, Contains(" pdc tcp 2  ← the peer sends no more\n"));
    CHECK(run.error.find('\x1b') == std::string::npos);

    const Finished silent = run_moonwire({"run", "pmu/tcp", "--port", "0", "--virtual-time", "--count", "1"});
    CHECK_THAT(silent.error, !Contains("tcp 2"));
}

TEST_CASE("trace: colours on a terminal, unless NO_COLOR is set")
{
    for (const bool wanted : {true, false}) {
        Terminal terminal(moonwire_run({"pmu/tcp", "--port", "0", "--virtual-time", "--count", "1", "--trace"}),
                          {wanted ? "NO_COLOR=" : "NO_COLOR=1"});
        CHECK(terminal.wait() == 0);
        terminal.wait_for("13 bytes \"CMD_short:0.1\"");
        CHECK(terminal.screen().coloured() == wanted);
    }
}

TEST_CASE("trace: at a prompt it stands above what is typed, to the end")
{
    const TemporaryFolder state;
    Terminal terminal({MOONWIRE_EXECUTABLE, "repl", "--trace"}, {"XDG_STATE_HOME=" + state.path().string()}, 100);
    terminal.wait_for_cursor_behind("> ");
    terminal.type("server = assert(tcp.listen { port = 0, host = '127.0.0.1' })\r");
    terminal.wait_for("tcp 1    listens on 127.0.0.1:");
    terminal.wait_for_cursor_behind("> ");
    terminal.type("\x04");  // Ctrl-D
    CHECK(terminal.wait() == 0);
    terminal.wait_for("tcp 1    closed");
}

TEST_CASE("trace: scripts have no roles, and their objects are told all the same")
{
    const Finished run = run_moonwire({"--trace", "-e", R"(
        local server = assert(tcp.listen { host = "127.0.0.1", port = 0 })
        local task = task.spawn(function()
          local conn = assert(server:accept())
          conn:write("\255\0binary")
          conn:close()
        end)
        local conn = assert(tcp.connect("127.0.0.1", server:port()))
        conn:read_all()
        local info = conn:info()
        print(info.send_calls, info.receive_calls >= 2))"});
    INFO(run.error);
    CHECK(run.status == 0);
    CHECK(run.output == "0\ttrue\n");
    CHECK_THAT(run.error, Contains(R"(tcp 3  → 8 bytes "\xff\x00binary")"));
}

TEST_CASE("trace: bytes that are no text do no harm to JSON")
{
    const TemporaryFolder folder;
    const std::string file = folder.path() / "trace.json";
    const Finished run = run_moonwire({"--trace=json", "--trace-file", file, "-e", R"(
        local a, b = assert(udp.bind { host = "127.0.0.1", port = 0 }), assert(udp.bind { host = "127.0.0.1", port = 0 })
        local all = {}
        for byte = 0, 255 do all[#all + 1] = string.char(byte) end
        for _, payload in ipairs { table.concat(all), "\195\40", "gr\195\188n", "", "\237\160\128" } do
          assert(a:send(payload, "127.0.0.1", b:port()))
          assert(b:receive(5))
        end)"});
    INFO(run.error);
    REQUIRE(run.status == 0);
    const Lines lines = lines_of(content_of(file));
    CHECK(count(lines, {"\"event\":\"sent\"", "\"hex\":\"000102", "fdfeff\""}) == 1);
    CHECK(count(lines, {"\"event\":\"received\"", "\"hex\":\"c328\""}) == 1);
    CHECK(count(lines, {"\"event\":\"received\"", "\"content\":\"gr\xc3\xbcn\""}) == 1);
    CHECK(count(lines, {"\"event\":\"received\"", "\"size\":0}"}) == 1);
    CHECK(count(lines, {"\"event\":\"received\"", "\"hex\":\"eda080\""}) == 1);
}

TEST_CASE("trace: a trace that is asked for wrongly is refused before anything starts")
{
    const auto refused = [](std::vector<std::string> flags) {
        flags.insert(flags.begin(), {"run", "pmu/tcp", "--port", "0", "--count", "1"});
        const Finished run = run_moonwire(std::move(flags));
        CHECK(run.status == 2);
        CHECK(run.output.empty());
        CHECK(run.error.find("ready on") == std::string::npos);
        return run.error;
    };
    CHECK_THAT(refused({"--trace=jsn"}), Contains("--trace: expected text or json, got 'jsn' (did you mean 'json'?)"));
    CHECK_THAT(refused({"--trace-detail", "everything"}),
               Contains("--trace-detail: expected messages, packets or calls, got 'everything'"));
    CHECK_THAT(refused({"--trace-detail"}), Contains("--trace-detail: its value is missing"));
    CHECK_THAT(refused({"--trace-file", "/nowhere/trace.json"}),
               Contains("--trace-file: cannot write /nowhere/trace.json: No such file or directory"));
    CHECK_THAT(refused({"--trace", "--trace=json"}), Contains("--trace: given more than once"));
    CHECK_THAT(refused({"--trce"}), Contains("did you mean '--trace'?"));
}

TEST_CASE("trace: a file that takes no more ends the trace, not the run")
{
    const Finished run =
        run_moonwire({"run", "pmu/tcp", "--port", "0", "--virtual-time", "--count", "2", "--trace-file", "/dev/full"});
    CHECK(run.status == 0);
    CHECK_THAT(run.output, Contains("This is PMU data 1"));
    CHECK_THAT(run.error, Contains("the trace ends here: cannot write /dev/full: No space left on device"));
    const std::size_t first = run.error.find("the trace ends here");
    CHECK(run.error.find("the trace ends here", first + 1) == std::string::npos);
}
