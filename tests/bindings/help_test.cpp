#include "tests/bindings/script.hpp"

#include <catch2/catch.hpp>

using Catch::Matchers::Contains;
using Catch::Matchers::StartsWith;
using namespace moonwire::test;

TEST_CASE("help() shows the modules and how to ask further")
{
    const std::string text = output_of("help()");
    for (const char* part : {"tcp        TCP connections", "json       JSON (RFC 8259): Lua values as text, and back.",
                             "help(tcp.connect)", "help \"pmu/udp\""}) {
        CHECK_THAT(text, Contains(part));
    }
}

TEST_CASE("help about a function: how it is called, what it takes, returns and fails with, and an example")
{
    const std::string text = output_of("help(tcp.connect)");
    CHECK_THAT(text, StartsWith("tcp.connect(host, port [, options]) -> connection | nil, err\n\nConnects to `host`"));
    for (const char* part :
         {"\n  host     (string) a name or a numeric address\n", "\n  options  (ConnectOptions)\n",
          "\n  timeout         (number) seconds for resolving and connecting together (10)\n",
          "\n  write_timeout   (number) seconds that each write waits", "\n  connection  (Connection?)\n",
          "\n  refused         nobody listens there\n", "\nExample\n  local connection = assert(tcp.connect("}) {
        CHECK_THAT(text, Contains(part));
    }
    CHECK(output_of("help 'tcp.connect'") == text);
    CHECK(output_of("help 'moonwire.tcp.connect'") == text);
    CHECK(output_of("print(help.text(tcp.connect))") == text);
    CHECK_THAT(output_of("help(tcp.listen)"), Contains("port            (integer, needed) 0 lets"));
    CHECK_THAT(output_of("help(task.all)"), StartsWith("task.all(...) -> any\n"));
}

TEST_CASE("no line of help is longer than 80 columns but those of examples and signatures")
{
    CHECK(output_of(R"(
        for _, name in ipairs(help.names()) do
            local text = help.text(name):gsub("\nExamples?\n.*", "")
            for line in text:gmatch("[^\n]+") do
                local columns = #line:gsub("[\128-\191]", "")
                if columns > 80 and not line:find("^ *[%w.:]+%(") and not line:find("^    ") and line:find(" ", 40, true) then
                    print(name, line)
                end
            end
        end)")
              .empty());
}

TEST_CASE("help about modules, methods, types, fields and error codes, by value and by name")
{
    CHECK_THAT(output_of("help(udp)"),
               StartsWith("moonwire.udp\n\nUDP sockets (RFC 768).") &&
                   Contains("\n  udp.bind([options]) -> socket | nil, err\n      Opens a socket on") &&
                   Contains("\nTypes\n  SocketOptions, "));
    CHECK(output_of("help 'udp'") == output_of("help(udp)"));
    const std::string method = output_of("help 'Connection:read_line'");
    CHECK_THAT(method, StartsWith("Connection:read_line([max [, timeout]]) -> line | nil, err\n"));
    CHECK(output_of("help 'Connection.read_line'") == method);
    CHECK(output_of("help 'tcp.Connection:read_line'") == method);
    CHECK(output_of(R"(
        local server = tcp.listen { port = 0, host = "127.0.0.1" }
        local connection = tcp.connect("127.0.0.1", server:port())
        help(connection.read_line))") == method);
    const std::string type = output_of("help 'Channel'");
    CHECK_THAT(type, StartsWith("Channel\n\nHands values") &&
                         Contains("\n  Channel:receive([timeout]) -> value | nil, err\n"));
    CHECK(output_of("help(task.channel())") == type);
    CHECK_THAT(output_of("help 'TlsConnection'"), StartsWith("TlsConnection: Connection\n") &&
                                                      Contains("TlsConnection:tls() -> TlsInfo") &&
                                                      Contains("Connection:read("));
    CHECK_THAT(output_of("help 'ReceiverOptions'"), Contains("reuse_port") && Contains("source"));
    CHECK_THAT(output_of("help(json.null)"), StartsWith("json.null (userdata) stands for JSON's null"));
    CHECK_THAT(output_of("help 'ErrorCode'"), Contains("\n  refused  ") && Contains("nobody listens there"));
    CHECK(output_of("help 'refused'") == "err.code \"refused\": nobody listens there\n");
    CHECK(output_of("help(select(2, json.decode('x')))") ==
          "err.code \"invalid_json\": a text is no JSON; the message says what is wrong with it and where\n");
    CHECK_THAT(output_of("help(help)"), StartsWith("moonwire.help\n"));
    CHECK(output_of("help(string.format)") ==
          "string.format is Lua's own: https://www.lua.org/manual/5.1/manual.html#pdf-string.format\n");
}

TEST_CASE("what has no help is told so, with the nearest name")
{
    CHECK(output_of("help 'tcp.conect'") == "no help for 'tcp.conect'; did you mean 'tcp.connect'?\n");
    CHECK(output_of("help 'zzzzzz'") ==
          "no help for 'zzzzzz': it is no name of the API, and no scenarios are known here\n");
    CHECK_THAT(output_of("help(tcp.conect)"), StartsWith("nil has no help: is the name spelled right?"));
    CHECK(output_of("help(42)") == "no help for 42 (a number)\n");
    CHECK_THAT(output_of("function mine() end help(mine)"), StartsWith("no help for function: "));
    CHECK(output_of("print(help.text('nothing of the kind') == nil, help.signature('nothing'))") == "true\tnil\n");
}

TEST_CASE("a signature is one line with its first sentence")
{
    CHECK(output_of("print(help.signature(tcp.connect))") ==
          "tcp.connect(host, port [, options]) -> connection | nil, err\t"
          "Connects to `host` (a name or a numeric address) and `port`.\n");
    CHECK(output_of("print(help.signature 'Server:clients')") ==
          "Server:clients() -> iterator\t`for connection in server:clients() do … end`: accepts until the server is "
          "closed.\n");
    CHECK(output_of("print(help.signature 'tcp')") == "tcp\tTCP connections and listening sockets (RFC 9293).\n");
}

TEST_CASE("a host's scenarios have help, too")
{
    moonwire::Engine engine;
    engine.define("moonwire.host.scenario_help", [](const moonwire::Values& values) -> moonwire::Values {
        const auto& name = std::get<std::string>(values.at(0));
        if (name != "lab/one") {
            throw moonwire::UsageError("no scenario '" + name + "'");
        }
        return {"lab/one: the first"};
    });
    const auto text =
        engine.run_string("return help.text('lab/one'), select(2, help.text('lab/two'))", "test.lua").values;
    REQUIRE(text.size() == 2);
    CHECK(std::get<std::string>(text[0]) == "lab/one: the first");
    CHECK_THAT(std::get<std::string>(text[1]), Contains("no scenario 'lab/two'"));
}
