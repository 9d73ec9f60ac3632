#include <moonwire/engine.hpp>

#include <catch2/catch.hpp>

#include <algorithm>

using namespace moonwire;

namespace {

// A server that closes each connection first, and a client that waits a moment behind the end.
const char* const script = R"(
local tcp, task = require "moonwire.tcp", require "moonwire.task"
local server = assert(tcp.listen { host = "127.0.0.1", port = 0 })
local _, port = server:local_address()
task.spawn(function()
  local conn = server:accept()
  conn:write("hello\0\255")
  conn:close()
end)
local conn = assert(tcp.connect("127.0.0.1", port))
print(#conn:read_all())
conn:close()
task.sleep(0.15)
)";

Result record(EngineOptions options)
{
    options.output = [](std::string_view) {};
    Engine engine(options);
    return engine.run_string(script, "test.lua");
}

}  // namespace

TEST_CASE("an engine records what happens in it, if it is asked to")
{
    CHECK_FALSE(record({}).recording);

    EngineOptions options;
    options.record.emplace();
    const Result result = record(options);
    REQUIRE(result.error.empty());
    REQUIRE(result.recording);
    const Recording& recording = *result.recording;
    CHECK(recording.dropped == 0);
    const auto sent = std::find_if(recording.events.begin(), recording.events.end(),
                                   [](const RecordedEvent& event) { return event.kind == "sent"; });
    REQUIRE(sent != recording.events.end());
    CHECK(sent->content == std::string("hello\0\xff", 7));
    CHECK(sent->size == 7);
    CHECK(sent->layer == "tcp");
    CHECK(sent->local.find("127.0.0.1:") == 0);
    CHECK(sent->time >= 0);
    CHECK(sent->time < 10);
    REQUIRE(recording.throughput.size() == 1);
    CHECK(recording.throughput[0].sent.size() >= 1);
    REQUIRE_FALSE(recording.sockets.empty());
    CHECK(recording.sockets.back().states.count("TIME-WAIT") == 1);
    CHECK(std::any_of(recording.sockets.begin(), recording.sockets.end(),
                      [](const auto& sample) { return sample.states.count("LISTEN") == 1; }));
}

TEST_CASE("a recording has no more events than were asked for")
{
    EngineOptions options;
    options.record = RecordOptions{.max_events = 5, .max_content = 3};
    const Result result = record(options);
    REQUIRE(result.recording);
    CHECK(result.recording->events.size() == 5);
    CHECK(result.recording->dropped > 5);
}

TEST_CASE("under virtual time the kernel is not asked for its sockets")
{
    EngineOptions options;
    options.record.emplace();
    options.virtual_time = true;
    const Result result = record(options);
    REQUIRE(result.recording);
    CHECK_FALSE(result.recording->events.empty());
    CHECK(result.recording->sockets.empty());
}
