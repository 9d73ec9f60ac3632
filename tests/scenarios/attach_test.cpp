// Consoles in programs that run: as persons meet them at two terminals, and as strangers would like to.
#include "host/attach/message.hpp"
#include "tests/support/process.hpp"
#include "tests/support/prompt_session.hpp"

#include <catch2/catch.hpp>

#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>
#include <csignal>

using Catch::Matchers::Contains;
using Catch::Matchers::EndsWith;
using namespace moonwire::test;
using moonwire::attach::Message;
using Kind = moonwire::attach::Message::Kind;
namespace fs = std::filesystem;

namespace {

/// A runtime folder of the test's own, and a PMU in a program that lets consoles in.
class Program
{
public:
    explicit Program(Words arguments = {"run", "pmu/udp", "pmu", "--port", "0", "--listen-console"})
        : process_(command(std::move(arguments)), environment())
    {
        const std::string line = process_.wait_for_error("moonwire attach ");
        const auto begin = line.find("attach ") + 7;
        name_ = line.substr(begin, line.find('`', begin) - begin);
    }

    Process& process() { return process_; }
    const std::string& name() const { return name_; }
    const TemporaryFolder& folder() const { return folder_; }
    fs::path socket() const { return folder_.path() / "moonwire" / (name_ + ".console"); }

    Words environment() const { return {"XDG_RUNTIME_DIR=" + folder_.path().string()}; }

    /// What `moonwire attach` comes to that is given these lines.
    Finished attach(const std::string& lines, Words arguments = {}) const
    {
        arguments.insert(arguments.begin(), "attach");
        return run_moonwire(arguments, lines, environment());
    }

    bool lives() { return attach("print(6 * 7)", {name_}).output == "42\n"; }

private:
    static Words command(Words arguments)
    {
        arguments.insert(arguments.begin(), MOONWIRE_EXECUTABLE);
        return arguments;
    }

    TemporaryFolder folder_;
    Process process_;
    std::string name_;
};

/// A terminal that has attached.
PromptSession attached(const Program& program, const TemporaryFolder& state, Words arguments = {"attach"})
{
    Words environment = program.environment();
    environment.emplace_back("NO_COLOR=1");
    return PromptSession(state, std::move(arguments), std::move(environment));
}

/// A console that a test plays by hand.
class Raw
{
public:
    explicit Raw(const fs::path& path) : socket_(::socket(AF_UNIX, SOCK_STREAM, 0))
    {
        sockaddr_un address = {};
        address.sun_family = AF_UNIX;
        path.string().copy(address.sun_path, sizeof address.sun_path - 1);
        REQUIRE(::connect(socket_, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
        const timeval limit{patience().count() / 1000, 0};
        ::setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    }
    ~Raw() { ::close(socket_); }
    Raw(const Raw&) = delete;
    Raw& operator=(const Raw&) = delete;

    void send(const std::string& bytes)
    {
        REQUIRE(::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(bytes.size()));
    }

    void send(const Message& message) { send(encode(message)); }
    void hello() { send(Message{Kind::hello, {std::string(moonwire::attach::version), "", "80"}}); }

    Message receive()
    {
        while (true) {
            if (auto message = decoder_.next()) {
                return *message;
            }
            char bytes[4096];
            const ssize_t size = ::recv(socket_, bytes, sizeof bytes, 0);
            if (size <= 0) {
                throw std::runtime_error("the program has let go");
            }
            decoder_.take({bytes, static_cast<std::size_t>(size)});
        }
    }

    /// Waits until the program has let go of this console, which has not read what came.
    bool is_dropped() const
    {
        pollfd hung_up{socket_, POLLRDHUP, 0};
        return ::poll(&hung_up, 1, static_cast<int>(patience().count())) == 1;
    }

private:
    int socket_;
    moonwire::attach::Decoder decoder_;
};

}  // namespace

TEST_CASE("attach: two terminals at once, each with its own prints and locals, and the run goes on without them")
{
    Program program;
    const TemporaryFolder state;
    auto first = attached(program, state);
    auto second = attached(program, state, {"attach", program.name()});
    first.enter_and_expect("local mine = 1 print('one') task.spawn(print, 'below')", "\none\nbelow");
    second.enter_and_expect("mine", "nil");
    first.enter_and_expect("this_run:set { loss = 0.25 }", "> this_run:set { loss = 0.25 }");
    second.enter_and_expect("this_run:params().loss", "0.25");
    second.enter_and_expect("this_run:roles().pmu.state", "\"ready\"");
    second.enter_and_expect("this_run:tasks()[1].waits_for", "\"receive\"");
    second.enter_and_expect("this_run:set { los = 1 }",
                            "scenario pmu/udp has no parameter 'los' (did you mean 'loss'?)");
    CHECK(first.leave() == 0);
    second.enter_and_expect("6 * 7", "42");
    CHECK_THAT(second->screen().text(), !Contains("below"));
    CHECK(second.leave() == 0);
    program.process().signal(SIGTERM);
    CHECK(program.process().wait() == 130);
    CHECK(program.process().output().empty());
    CHECK_FALSE(fs::exists(program.socket()));
}

TEST_CASE("attach: completion, hints and entries of several lines work as at the program's own prompt")
{
    Program program;
    const TemporaryFolder state;
    auto console = attached(program, state);
    console->type("this_run:se" + tab);
    console->wait_for_cursor_behind("> this_run:set(");
    console->type("\x15this_run:set { l" + tab);
    console->wait_for_cursor_behind("> this_run:set { loss = ");
    console.enter_and_expect("0.5 }", "> this_run:set { loss = 0.5 }");
    console->type("this_run:wait(");
    console->wait_until([](const Screen& screen) { return screen.cursor_row().find("Run:wait(") != std::string::npos; },
                        "the hint");
    console->type(ctrl_c);
    console->wait_for_cursor_behind("> ");
    console->type("for i = 1, 2 do" + enter);
    console->wait_for_cursor_behind("");
    console.enter_and_expect("print('round', i) end", "round   1\nround   2");
    CHECK(console.leave() == 0);
}

TEST_CASE("attach: Ctrl-C cancels the entry that waits, and neither the console nor the run")
{
    Program program;
    const TemporaryFolder state;
    auto console = attached(program, state);
    console->type("print('begun') task.sleep(100)" + enter);
    console->wait_for("\nbegun\n");
    console->type(ctrl_c);
    console->wait_until([](const Screen& screen) { return screen.text().ends_with("\ninterrupted\n>\n"); }, "a prompt");
    console.enter_and_expect("this_run:status()", "\"running\"");
    console->type("print('again') task.sleep(100)" + enter);
    console->wait_for("\nagain\n");
    console->hang_up();
    console->wait();
    CHECK(program.lives());
    CHECK(program.attach("#inspect.tasks()").output == "2\n");  // the run's, and this entry
}

TEST_CASE("attach: who is attached when the run is killed hears of it, and its socket is cleaned up")
{
    Program program;
    const TemporaryFolder state;
    auto typing = attached(program, state);
    auto waiting = attached(program, state);
    waiting->type("print('begun') task.sleep(100)" + enter);
    waiting->wait_for("\nbegun\n");
    program.process().signal(SIGKILL);
    typing->wait_for("moonwire: " + program.name() + " has gone without a word: was it killed?");
    CHECK(typing->wait() == 1);
    CHECK(waiting->wait() == 1);
    CHECK(fs::exists(program.socket()));
    const Finished nobody = program.attach("");
    CHECK(nobody.status == 2);
    CHECK_THAT(nobody.error,
               Contains("nothing to attach to: `moonwire run SCENARIO --listen-console` lets consoles in"));
    CHECK_FALSE(fs::exists(program.socket()));
}

TEST_CASE("attach: a run that ends says so, and its end is no failure of those who watch")
{
    Program program;
    const TemporaryFolder state;
    auto console = attached(program, state);
    program.process().signal(SIGINT);
    console->wait_for("moonwire: " + program.name() + " has ended");
    CHECK(console->wait() == 0);
    CHECK(program.process().wait() == 130);
}

TEST_CASE("attach: the name may be left out or cut where it is clear, and is asked for where it is not")
{
    Program one;
    CHECK(one.attach("1 + 1").output == "2\n");
    CHECK(one.attach("1 + 1", {"pmu-u"}).output == "2\n");
    const Finished wrong = one.attach("", {"pmu-udq"});
    CHECK(wrong.status == 2);
    CHECK_THAT(wrong.error, Contains("no 'pmu-udq' to attach to; there are:\n  " + one.name()));
    const Process another({MOONWIRE_EXECUTABLE, "run", "pmu/udp", "pmu", "--port", "0", "--listen-console"},
                          one.environment());
    std::string unclear;
    while (unclear.find("which one?") == std::string::npos) {  // until it is there, too
        unclear = one.attach("").error;
    }
    CHECK_THAT(unclear, Contains("attach to which one?\n  pmu-udp-") && Contains("\n  " + one.name() + "\n"));
    CHECK(one.lives());
    CHECK(run_moonwire({"run", "pmu/udp", "--listen-console", "--virtual-time"}).status == 2);
}

TEST_CASE("attach: piped lines are evaluated there, and an error makes the exit status 1")
{
    Program program;
    const Finished lines =
        program.attach("print('there')\nx = 5\nfor i = 1, 2 do\nprint(x + i)\nend\ntask.sleep(0.1)\n");
    CHECK(lines.status == 0);
    CHECK(lines.output == "there\n6\n7\n");
    const Finished bad = program.attach("nosuch()\nprint('goes on')");
    CHECK(bad.status == 1);
    CHECK_THAT(bad.output, Contains("attempt to call global 'nosuch'") && EndsWith("goes on\n"));
}

TEST_CASE("attach: a script and a prompt let consoles in, too")
{
    const TemporaryFolder folder;
    Program script({"--listen-console", folder.write("tick.lua", "n = 41 require 'moonwire.task'.sleep(100)")});
    CHECK_THAT(script.name(), Catch::Matchers::StartsWith("tick-"));
    CHECK(script.attach("n + 1").output == "42\n");
    const Words environment = script.environment();
    PromptSession prompt(folder, {"repl", "--listen-console"}, environment);
    prompt.enter_and_expect("shared = 'seen by all'", "> shared = 'seen by all'");
    CHECK(script.attach("shared", {"repl"}).output == "\"seen by all\"\n");
    CHECK(prompt.leave() == 0);
}

TEST_CASE("attach: the socket is its user's alone, and a folder that others can look into is refused")
{
    Program program;
    CHECK(fs::status(program.socket()).permissions() == (fs::perms::owner_read | fs::perms::owner_write));
    CHECK(fs::status(program.socket().parent_path()).permissions() == fs::perms::owner_all);
    fs::permissions(program.socket().parent_path(), fs::perms::others_exec, fs::perm_options::add);
    const Finished attached = program.attach("1");
    CHECK(attached.status == 1);
    CHECK_THAT(attached.error, Contains("must be a folder of this user's that nobody else can look into"));
}

TEST_CASE("attach: another user is refused, even by a socket that lets everybody connect")
{
    if (::geteuid() != 0) {
        WARN("needs root, to become another user");
        return;
    }
    Program program;
    fs::permissions(program.folder().path(), fs::perms::all);
    fs::permissions(program.socket().parent_path(), fs::perms::all);
    fs::permissions(program.socket(), fs::perms::all);
    const pid_t child = ::fork();
    if (child == 0) {
        if (::setgid(65534) != 0 || ::setuid(65534) != 0) {
            ::_exit(2);
        }
        const int descriptor = ::socket(AF_UNIX, SOCK_STREAM, 0);
        sockaddr_un address = {};
        address.sun_family = AF_UNIX;
        program.socket().string().copy(address.sun_path, sizeof address.sun_path - 1);
        if (::connect(descriptor, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
            ::_exit(3);
        }
        std::string said;
        char bytes[512];
        for (ssize_t size = 0; (size = ::read(descriptor, bytes, sizeof bytes)) > 0;) {
            said.append(bytes, static_cast<std::size_t>(size));
        }
        ::_exit(said.find("only the user who has started it may attach") != std::string::npos ? 0 : 4);
    }
    int status = -1;
    REQUIRE(::waitpid(child, &status, 0) == child);
    CHECK(WIFEXITED(status));
    CHECK(WEXITSTATUS(status) == 0);
    fs::permissions(program.socket().parent_path(), fs::perms::owner_all);
    CHECK(program.lives());
}

TEST_CASE("attach: what breaks the rules is let go of, and nobody else minds")
{
    Program program;
    for (const std::string& bytes :
         {std::string("\xFF\xFF\xFF\xFF", 4), std::string("GET / HTTP/1.1\r\n\r\n"),
          encode(Message{Kind::evaluate, {"80", "os.exit()"}}), encode(Message{Kind::hello, {"0", "", "80"}}),
          encode(Message{Kind::hello, {"1", "", "wide"}}), encode(Message{Kind::welcome})}) {
        CAPTURE(bytes);
        Raw stranger(program.socket());
        stranger.send(bytes);
        CHECK(stranger.receive().kind == Kind::farewell);
        CHECK_THROWS_AS(stranger.receive(), std::runtime_error);
    }
    Raw eager(program.socket());
    eager.hello();
    eager.send(Message{Kind::evaluate, {"80", "require 'moonwire.task'.sleep(9)"}});
    eager.send(Message{Kind::evaluate, {"80", "1"}});
    CHECK(eager.receive().kind == Kind::welcome);
    CHECK(eager.receive().kind == Kind::farewell);
    CHECK(program.lives());
}

TEST_CASE("attach: a console that does not read is dropped, and so is one too many")
{
    Program program;
    Raw deaf(program.socket());
    deaf.hello();
    deaf.send(Message{Kind::evaluate, {"80", "while true do print(('x'):rep(65536)) task.sleep(0) end"}});
    CHECK(deaf.is_dropped());
    CHECK(program.lives());
    CHECK(program.attach("#inspect.tasks()").output == "2\n");  // without the loop
    std::vector<std::unique_ptr<Raw>> many;
    for (int i = 0; i < 16; ++i) {
        many.push_back(std::make_unique<Raw>(program.socket()));
        many.back()->hello();
        REQUIRE(many.back()->receive().kind == Kind::welcome);
    }
    Raw last(program.socket());
    const Message refusal = last.receive();
    CHECK(refusal.kind == Kind::farewell);
    CHECK_THAT(refusal.texts.at(0), Contains("takes no more"));
    many.clear();
    while (!program.lives()) {  // until their ends have been seen
    }
}

TEST_CASE("attach: a run at a prompt of its own plays in the background, and its end is the exit status")
{
    const TemporaryFolder state;
    PromptSession failing(state, {"run", "pmu/udp", "pdc", "--port", "1", "--tries", "1", "--repl"}, {"NO_COLOR=1"});
    failing->wait_for("this_run is the run");
    failing->wait_for("[1] pmu/udp: failed");
    failing.enter_and_expect("this_run:status()", "\"failed\"");
    CHECK(failing.leave() == 1);

    PromptSession serving(state, {"run", "pmu/udp", "pmu", "--port", "0", "--repl"}, {"NO_COLOR=1"});
    serving.enter_and_expect("this_run:set { loss = 2 }", "parameter 'loss': expected a number from 0 to 1, got '2'");
    serving->type("run('pmu/udp', { lo" + tab);
    serving->wait_for_cursor_behind("> run('pmu/udp', { loss = ");
    serving->type("\x15");
    serving.enter_and_expect("this_run:set { loss = 1 } return this_run:params().loss", "1");
    serving.enter_and_expect("this_run:stop()",
                             "[1] pmu/udp: stopped\nrequests that reached the PMU ... 0 requests\n"
                             "of those ignored ................ 0 requests");
    CHECK(serving.leave() == 0);
}

TEST_CASE("attach: a run at a prompt may have a bad network before its server, too")
{
    const Finished run = run_moonwire(
        {"run", "datetime", "--port", "0", "--count", "1", "--impair", "drop=0", "--repl"}, "this_run:wait(20)\n");
    CHECK(run.status == 0);
    CHECK_THAT(run.error, Contains("server: impaired on ") && Contains("[1] datetime: done\n"));
}
