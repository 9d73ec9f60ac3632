// What WebSocket connections tell observers.
#include "host/websocket/room.hpp"
#include "tests/unit/observe/recorder.hpp"
#include "tests/unit/websocket/support.hpp"

#include <string>

using namespace moonwire;
using namespace moonwire::test;
using observe::Cause;
using observe::Direction;
using observe::Layer;
using Event = observe::Kind;

namespace {

struct Observed {
    Observed() { loop.observers().add(recorder); }
    ~Observed() { loop.observers().remove(recorder); }

    loop::Loop loop{virtual_clock()};
    Recorder recorder;

    /// "received frame:text, more follow sent": the story with the texts of frames.
    std::string story() const
    {
        std::string result;
        for (const auto& record : recorder.records) {
            if (record.event.layer == Layer::websocket) {
                result += (result.empty() ? "" : " | ") + std::string(observe::name_of(record.event.kind));
                result += record.event.direction == Direction::in    ? " <"
                          : record.event.direction == Direction::out ? " >"
                                                                     : "";
                result += record.event.kind == Event::frame || record.event.kind == Event::ended ? record.text : "";
            }
        }
        return result;
    }
};

}  // namespace

TEST_CASE("WebSocket events: messages, the frames that they are made of, pings")
{
    Observed here;
    const Played played(here.loop);
    played.arrive(1, "hel", false);
    played.arrive(9, "are you there?");
    played.arrive(0, "lo");
    CHECK(received_now(*played.connection) == Gots{text("hello")});
    in_a_turn(here.loop, [&] { played.connection->send(websocket::Opcode::binary, "answer"); });
    CHECK(here.story() ==
          "opened | connected | frame <text, more follow | frame <ping | ping < | pong > | frame >pong | "
          "frame <continuation | received < | sent > | frame >binary");
    const auto* received = here.recorder.first(Layer::websocket, Event::received);
    CHECK(received->content == "hello");
    CHECK(received->text == "text");
    CHECK(received->event.size == 5);
    CHECK(here.recorder.first(Layer::websocket, Event::sent)->text == "binary");
    CHECK(here.recorder.first(Layer::websocket, Event::ping)->content == "are you there?");
    CHECK(here.recorder.first(Layer::websocket, Event::pong)->content == "are you there?");
}

TEST_CASE("WebSocket events: a message that leaves in several frames")
{
    Observed here;
    websocket::Options options;
    options.fragment_size = 2;
    const Played played(here.loop, Role::client, options);
    in_a_turn(here.loop, [&] { played.connection->send(websocket::Opcode::text, "abcde"); });
    CHECK(here.story() ==
          "opened | connected | sent > | frame >text, more follow | frame >continuation, more follow | "
          "frame >continuation");
    CHECK(here.recorder.first(Layer::websocket, Event::sent)->content == "abcde");
}

TEST_CASE("WebSocket events: the peer closes")
{
    Observed here;
    const Played played(here.loop);
    played.arrive(8, std::string("\x03\xe8", 2) + "bye");
    CHECK(here.story() == "opened | connected | frame <close | ended <1000 bye | ended >1000 | frame >close | closed");
    CHECK(here.recorder.first(Layer::websocket, Event::closed)->event.cause == Cause::peer);
}

TEST_CASE("WebSocket events: this side closes")
{
    Observed here;
    const Played played(here.loop);
    in_a_turn(here.loop, [&] { played.connection->async_close(1001, "going", {}, [](const net::error_code&) {}); });
    CHECK(here.story() == "opened | connected | ended >1001 going | frame >close");
    played.arrive(8, std::string("\x03\xe9", 2));
    CHECK(here.story().ends_with("frame <close | ended <1001 | closed"));
    CHECK(here.recorder.first(Layer::websocket, Event::closed)->event.cause == Cause::us);
}

TEST_CASE("WebSocket events: ends that are none of the protocol's")
{
    Observed here;
    auto played = std::make_unique<Played>(here.loop);
    const auto cause = [&] { return here.recorder.first(Layer::websocket, Event::closed)->event.cause; };
    SECTION("the stream ends without a close frame")
    {
        played->stream->arrive_end();
        settle(here.loop);
        CHECK(cause() == Cause::peer);
    }
    SECTION("the stream is reset")
    {
        played->stream->arrive_end(boost::asio::error::connection_reset);
        settle(here.loop);
        CHECK(cause() == Cause::reset);
    }
    SECTION("the protocol is broken")
    {
        played->arrive(3, "what is this?");
        CHECK(cause() == Cause::error);
        CHECK(here.recorder.first(Layer::websocket, Event::closed)->text == "a frame has a reserved opcode");
    }
    SECTION("this side gives it up")
    {
        in_a_turn(here.loop, [&] { played->connection->abort(); });
        CHECK(cause() == Cause::us);
        CHECK(here.recorder.first(Layer::websocket, Event::closed)->text == "aborted");
    }
    SECTION("the peer is silent for too long")
    {
        pass(here.loop, 61s);
        CHECK(cause() == Cause::timeout);
        CHECK(here.recorder.first(Layer::websocket, Event::ping)->event.direction == Direction::out);
    }
    SECTION("nobody holds it any more")
    {
        settle(here.loop);
        played.reset();
        settle(here.loop);
        CHECK(cause() == Cause::us);
    }
}

TEST_CASE("WebSocket events: what a room sends, each member tells")
{
    Observed here;
    const auto room = std::make_shared<websocket::Room>(here.loop, websocket::Room::Policy::drop_member, 1 << 20);
    const Played one(here.loop);
    const Played two(here.loop);
    room->join(*one.connection);
    room->join(*two.connection);
    in_a_turn(here.loop, [&] {
        room->broadcast(websocket::Opcode::text, "hear", nullptr);
        room->broadcast(websocket::Opcode::binary, std::string(70'000, 'x'), nullptr);
        room->broadcast(websocket::Opcode::text, std::string(200, 'y'), one.connection.get());
    });
    const std::string all = "hear" + std::string(70'000, 'x');
    CHECK(here.recorder.bytes(Layer::websocket, Event::sent, one.connection->object()) == all);
    CHECK(here.recorder.bytes(Layer::websocket, Event::sent, two.connection->object()) == all + std::string(200, 'y'));
    CHECK(here.recorder.story(Layer::websocket, one.connection->object()) == "opened connected sent frame sent frame");
}

TEST_CASE("WebSocket events: without an observer nothing is told, and an observer may come later")
{
    loop::Loop loop(virtual_clock());
    const Played played(loop);
    played.arrive(1, "early");
    Recorder recorder;
    loop.observers().add(recorder);
    played.arrive(1, "late");
    CHECK(recorder.bytes(Layer::websocket, Event::received) == "late");
    CHECK(recorder.story(Layer::websocket) == "frame received");
    loop.observers().remove(recorder);
    played.arrive(1, "too late");
    CHECK(recorder.records.size() == 2);
}
