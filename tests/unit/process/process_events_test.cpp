// What programs and their pipes tell observers.
#include "tests/unit/observe/recorder.hpp"
#include "tests/unit/process/support.hpp"

using namespace moonwire::test;
using moonwire::loop::Loop;
using moonwire::observe::Cause;
using moonwire::observe::Layer;
using Event = moonwire::observe::Kind;

TEST_CASE("process events: a program and what goes through its pipes")
{
    Loop loop(system_clock());
    Recorder told;
    loop.observers().add(told);
    {
        const auto child = start(loop, program("cat"));
        write(*child->stream(0), "hello\n");
        CHECK(read_line(*child) == "hello");
        child->stream(0)->async_shutdown(std::nullopt, [](const moonwire::net::error_code&) {});
        CHECK(output(*child).empty());
        wait(loop, *child);
        CHECK(told.story(Layer::process) == "opened closed");
        CHECK(told.first(Layer::process, Event::opened)->text == child->description());
        CHECK(told.first(Layer::process, Event::closed)->text == "exit status 0");
        CHECK(told.first(Layer::process, Event::closed)->event.cause == Cause::peer);
        CHECK(told.story(Layer::pipe, child->stream(0)->object()) == "opened sent closed");
        CHECK(told.story(Layer::pipe, child->stream(1)->object()) == "opened received ended");
        CHECK(told.bytes(Layer::pipe, Event::sent) == "hello\n");
        CHECK(told.bytes(Layer::pipe, Event::received) == "hello\n");
        CHECK(told.first(Layer::pipe, Event::opened)->event.owner ==
              told.first(Layer::process, Event::opened)->event.object);
    }
    loop.observers().remove(told);
}

TEST_CASE("process events: a program that this side ends")
{
    Loop loop(system_clock());
    Recorder told;
    loop.observers().add(told);
    const auto child = start(loop, program("cat"));
    child->terminate(std::chrono::seconds(5));
    wait(loop, *child);
    CHECK(told.first(Layer::process, Event::closed)->text == "ended by SIGTERM");
    CHECK(told.first(Layer::process, Event::closed)->event.cause == Cause::us);
    loop.observers().remove(told);
}
