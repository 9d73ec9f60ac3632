#include "host/loop/loop.hpp"

#include <catch2/catch.hpp>

#include <boost/asio/post.hpp>

#include <memory>
#include <string>
#include <thread>
#include <vector>

using namespace std::chrono_literals;
using moonwire::loop::EndOfTurn;
using moonwire::loop::Loop;
using moonwire::loop::Timer;
using moonwire::observe::SystemClock;
using moonwire::observe::VirtualClock;

namespace {

struct Note final : EndOfTurn {
    Note(std::vector<std::string>& notes_list, std::string note_text) : notes(notes_list), text(std::move(note_text)) {}

    void end_of_turn() override
    {
        notes.push_back(text);
        if (then) {
            then();
        }
    }

    std::vector<std::string>& notes;
    std::string text;
    moonwire::loop::Handler<void()> then;
};

}  // namespace

TEST_CASE("what is posted runs later, in order, each in a turn of its own")
{
    Loop loop(std::make_unique<SystemClock>());
    std::vector<std::string> notes;
    loop.post([&] {
        loop.at_end_of_turn(std::make_shared<Note>(notes, "end of first"));
        loop.post([&] {
            notes.push_back("third");
            loop.stop();
        });
        notes.push_back("first");
    });
    loop.post([&] { notes.push_back("second"); });
    CHECK(notes.empty());
    loop.run();
    CHECK(notes == std::vector<std::string>{"first", "end of first", "second", "third"});
}

TEST_CASE("what the end of a turn causes belongs to the same end")
{
    Loop loop(std::make_unique<SystemClock>());
    std::vector<std::string> notes;
    loop.post([&] {
        auto first = std::make_shared<Note>(notes, "one");
        first->then = [&] { loop.at_end_of_turn(std::make_shared<Note>(notes, "three")); };
        loop.at_end_of_turn(first);
        loop.at_end_of_turn(std::make_shared<Note>(notes, "two"));
    });
    loop.post([&] {
        notes.push_back("next turn");
        loop.stop();
    });
    loop.run();
    CHECK(notes == std::vector<std::string>{"one", "two", "three", "next turn"});
}

TEST_CASE("a due timer is a turn, too")
{
    Loop loop(std::make_unique<VirtualClock>());
    std::vector<std::string> notes;
    Timer timer(loop);
    timer.expires_after(1s, [&] {
        loop.at_end_of_turn(std::make_shared<Note>(notes, "end"));
        loop.stop();
    });
    loop.run();
    CHECK(notes == std::vector<std::string>{"end"});
}

TEST_CASE("a loop that has been stopped can run again")
{
    Loop loop(std::make_unique<SystemClock>());
    int runs = 0;
    for (int i = 0; i < 3; ++i) {
        loop.post([&] {
            ++runs;
            loop.stop();
        });
        loop.run();
    }
    CHECK(runs == 3);
}

TEST_CASE("posting and stopping work from other threads")
{
    Loop loop(std::make_unique<SystemClock>());
    int calls = 0;
    const std::jthread other([&] {
        for (int i = 0; i < 1000; ++i) {
            loop.post([&] { ++calls; });
        }
        std::this_thread::sleep_for(5ms);
        loop.post([&] { loop.stop(); });
    });
    loop.run();
    CHECK(calls == 1000);
}

TEST_CASE("virtual time waits for what can happen outside")
{
    Loop loop(std::make_unique<VirtualClock>());
    const auto start = loop.now();
    std::optional<Loop::ExternalWork> outside(std::in_place, loop);
    Timer timer(loop);
    bool came_first = false;
    timer.expires_after(1h, [&] { loop.stop(); });
    const std::jthread other([&] {
        std::this_thread::sleep_for(20ms);
        loop.post([&] {
            came_first = loop.now() == start;
            outside.reset();
        });
    });
    loop.run();
    CHECK(came_first);
    CHECK(loop.now() - start == 1h);
}

TEST_CASE("virtual time passes as real time does while something outside takes its own")
{
    Loop loop(std::make_unique<VirtualClock>());
    std::optional<Loop::RealTime> outside(std::in_place, loop);
    const auto real_start = std::chrono::steady_clock::now();
    Timer timer(loop);
    timer.expires_after(30ms, [&] { loop.stop(); });
    loop.run();
    CHECK(std::chrono::steady_clock::now() - real_start >= 30ms);
    outside.reset();
    timer.expires_after(1h, [&] { loop.stop(); });
    loop.run();
    CHECK(std::chrono::steady_clock::now() - real_start < 10s);
}

TEST_CASE("what is posted comes before virtual time passes")
{
    Loop loop(std::make_unique<VirtualClock>());
    const auto start = loop.now();
    Timer timer(loop);
    timer.expires_after(1ns, [&] { loop.stop(); });
    int left = 1000;
    struct Again {
        Loop& loop;
        int& left;
        void operator()() const
        {
            if (--left > 0) {
                loop.post(Again{loop, left});
            }
        }
    };
    loop.post(Again{loop, left});
    loop.run();
    CHECK(left == 0);
    CHECK(loop.now() - start == 1ns);
}

TEST_CASE("closing work is seen to its end")
{
    Loop loop(std::make_unique<VirtualClock>());
    loop.run_until_closed();  // nothing to do
    const auto start = loop.now();
    std::optional<Loop::ClosingWork> closing(std::in_place, loop);
    Timer timer(loop);
    timer.expires_after(2s, [&] { closing.reset(); });
    loop.run_until_closed();
    CHECK(loop.now() - start == 2s);
}
