#include "tests/support/process.hpp"
#include "tests/support/socket.hpp"

#include <catch2/catch.hpp>

#include <memory>
#include <utility>
#include <vector>

using Catch::Matchers::Contains;
using Catch::Matchers::EndsWith;
using Catch::Matchers::Matches;
using namespace moonwire::test;

namespace {

struct Room {
    explicit Room(std::vector<std::string> flags = {}) : process(arguments(std::move(flags)))
    {
        port = port_of(process.wait_for_error("ready on"));
    }

    static std::vector<std::string> arguments(std::vector<std::string> flags)
    {
        flags.insert(flags.begin(), {"chat", "room", "--port", "0"});
        return moonwire_run(std::move(flags));
    }

    Process process;
    std::string port;
};

const std::string time_pattern = "Server: time=[0-9]{1,2}\\.[0-9]{2} ";

}  // namespace

TEST_CASE("chat: all roles play the lab's conversation")
{
    const Finished run = run_moonwire({"run", "chat", "--port", "0"});
    CHECK(run.status == 0);
    CHECK_THAT(run.output, Contains("Voldemort | Batman: Anyone here?\n") &&
                               Contains("Batman    | Voldemort: Crucio!\n") &&
                               Contains(" Batman has left. Member count=1\n"));
}

TEST_CASE("chat: the lab's formats, byte for byte")
{
    Room room;
    Client batman(room.port);
    batman.send("Batman\n");
    CHECK_THAT(batman.read_until("\n"), Matches(time_pattern + "Batman has joined. Member count=1\n"));
    Client voldemort(room.port);
    voldemort.send("Voldemort\n");
    CHECK_THAT(voldemort.read_until("\n"), Matches(time_pattern + "Voldemort has joined. Member count=2\n"));
    CHECK_THAT(batman.read_until("\n"), Matches(time_pattern + "Voldemort has joined. Member count=2\n"));
    voldemort.send("Crucio!\n");
    CHECK(batman.read_until("\n") == "Voldemort: Crucio!\n");
    batman.send("quit\n");
    CHECK_THAT(voldemort.read_until("\n"), Matches(time_pattern + "Batman has left. Member count=1\n"));
    CHECK(batman.read_all().empty());
}

TEST_CASE("chat: a taken, empty or over-long name is refused and asked for again")
{
    Room room;
    Client first(room.port);
    first.send("Batman\n");
    first.read_until("joined");
    Client second(room.port);
    for (const auto& [name, reason] :
         std::vector<std::pair<std::string, std::string>>{{"Batman", "the login name Batman is taken"},
                                                          {"Server", "the login name Server is taken"},
                                                          {"", "a login name must have letters"},
                                                          {"  ", "a login name must have letters"},
                                                          {"\x1b[2J", "a login name must have letters"},
                                                          {std::string(31, 'x'), "this login name is too long"}}) {
        second.send(name + "\n");
        CHECK(second.read_until("\n") == "Server: " + reason + ", enter another one\n");
    }
    second.send("Robin\n");
    CHECK_THAT(second.read_until("\n"), Contains("Robin has joined. Member count=2"));
}

TEST_CASE("chat: who vanishes is announced, and the name is free again")
{
    Room room;
    Client watcher(room.port);
    watcher.send("Watcher\n");
    watcher.read_until("\n");
    {
        Client vanishing(room.port);
        vanishing.send("Ghost\nhalf a li");
        watcher.read_until("Ghost has joined. Member count=2\n");
        vanishing.reset();
    }
    watcher.read_until("Ghost has left. Member count=1\n");
    Client again(room.port);
    again.send("Ghost\n");
    watcher.read_until("Ghost has joined. Member count=2\n");
}

TEST_CASE("chat: a member that does not read is dropped and holds nobody up")
{
    Room room({"--patience", "0.3", "--backlog", "20"});
    Client slow(room.port);
    slow.send("Slow\n");
    slow.read_until("\n");
    Client speaker(room.port);
    speaker.send("Speaker\n");
    speaker.read_until("\n");
    Client listener(room.port);
    listener.send("Listener\n");
    listener.read_until("\n");
    const std::string line(900, 'x');
    // Slow never reads: the lines fill the kernel's buffers, then its queue, and then it is out.
    bool left = false;
    for (int i = 0; i < 20000 && !left; ++i) {
        speaker.send(line + "\n");
        left = listener.read_until("\n").find("Slow has left") != std::string::npos;
    }
    CHECK(left);
}

TEST_CASE("chat: fifty members hear everything in order")
{
    Room room;
    std::vector<std::unique_ptr<Client>> members;
    for (int i = 0; i < 50; ++i) {
        members.push_back(std::make_unique<Client>(room.port));
        members.back()->send("member " + std::to_string(i) + "\n");
        members.back()->read_until("Member count=" + std::to_string(i + 1) + "\n");
    }
    members[0]->send("one\ntwo\nthree\n");
    for (std::size_t i = 1; i < members.size(); ++i) {
        members[i]->read_until("member 0: one\n");
        CHECK(members[i]->read_until("three\n") == "member 0: two\nmember 0: three\n");
    }
}

TEST_CASE("chat: a person's window")
{
    Room room;
    Client other(room.port);
    other.send("Voldemort\n");
    other.read_until("\n");
    Process member(moonwire_run({"chat", "member", "localhost", room.port}));
    member.write("Batman\n");
    member.wait_for_output("Batman has joined. Member count=2");
    other.send("Crucio!\n");
    member.wait_for_output("Voldemort: Crucio!");
    member.write("quit\n");
    CHECK(member.wait() == 0);
    other.read_until("Batman has left. Member count=1\n");
    // The prompts are for terminals only.
    CHECK_THAT(member.output(), Matches("Server: time=\\S+ Batman has joined. Member count=2\nVoldemort: Crucio!\n"));
}

TEST_CASE("chat: on a terminal the room's lines stand above the prompt")
{
    Room room;
    Client other(room.port);
    other.send("Voldemort\n");
    other.read_until("\n");
    // script(1) of util-linux gives its command a terminal.
    std::string command;
    for (const std::string& word : moonwire_run({"chat", "member", "localhost", room.port})) {
        command += "'" + word + "' ";
    }
    Process member({"script", "-qec", "stty -echo; exec " + command, "/dev/null"});
    member.wait_for_output("Enter login name:");
    member.write("Batman\n");
    member.wait_for_output("Batman has joined. Member count=2");
    other.read_until("Batman has joined. Member count=2\n");
    other.send("Crucio!\n");
    member.wait_for_output("Voldemort: Crucio!");
    member.write("quit\n");
    CHECK(member.wait() == 0);
    CHECK_THAT(member.output(), EndsWith("\r\x1b[KVoldemort: Crucio!\r\n> "));
}

TEST_CASE("chat: a person's window ends when the room does")
{
    Listener room;
    Process member(moonwire_run({"chat", "member", "localhost", room.port()}));
    {
        Client connection = room.accept();
        connection.send("Server: goodbye\n");
    }
    CHECK(member.wait() == 0);
    CHECK(member.output() == "Server: goodbye\n");
}

TEST_CASE("chat: what was said before quitting arrives, even in one segment")
{
    Room room;
    Client other(room.port);
    other.send("Other\n");
    other.read_until("\n");
    Client hasty(room.port);
    hasty.send("Hasty\nhello\r\nbye\nquit\nnever heard\n");
    CHECK_THAT(hasty.read_all(), Matches(time_pattern + "Hasty has joined. Member count=2\n"));
    other.read_until("Hasty has joined. Member count=2\n");
    CHECK(other.read_until("bye\n") == "Hasty: hello\nHasty: bye\n");
    other.read_until("Hasty has left. Member count=1\n");
}

TEST_CASE("chat: byte after byte")
{
    Room room;
    Client listener(room.port);
    listener.send("Listener\n");
    listener.read_until("\n");
    Client slow(room.port);
    slow.send_bytes_singly("Slow\nhello\nquit\n");
    listener.read_until("Slow has joined. Member count=2\n");
    CHECK(listener.read_until("\n") == "Slow: hello\n");
}

TEST_CASE("chat: a line without end and a silent member cost their own place only")
{
    Room room({"--idle", "0.3"});
    Client nameless(room.port);
    Client endless(room.port);
    endless.send("Endless\n" + std::string(100000, 'x'));
    CHECK_THAT(endless.read_all(), EndsWith("Server: your line is too long\n"));
    Client silent(room.port);
    silent.send("Silent\n");
    CHECK_THAT(silent.read_all(), EndsWith("Server: you were silent for too long\n"));
    CHECK(nameless.read_all().empty());
    Client good(room.port);
    good.send("Good\n");
    good.read_until("Good has joined. Member count=1\n");
}
