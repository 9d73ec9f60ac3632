#include "tests/bindings/script.hpp"
#include "tests/support/process.hpp"

#include <catch2/catch.hpp>

#include <fcntl.h>
#include <unistd.h>
#include <array>
#include <cstdlib>
#include <string_view>

using Catch::Matchers::Contains;
using namespace moonwire::test;

namespace {

/// Makes a descriptor standard input for as long as it lives.
class StandardInput
{
public:
    explicit StandardInput(int descriptor) : before_(::dup(STDIN_FILENO))
    {
        ::dup2(descriptor, STDIN_FILENO);
        ::close(descriptor);
    }
    ~StandardInput()
    {
        ::dup2(before_, STDIN_FILENO);
        ::close(before_);
    }
    StandardInput(const StandardInput&) = delete;
    StandardInput& operator=(const StandardInput&) = delete;

private:
    int before_;
};

/// A pipe's end from which `text` can be read; the other end is closed, or left in `open_end`.
int pipe_with(std::string_view text, int* open_end = nullptr)
{
    std::array<int, 2> ends{};
    REQUIRE(::pipe2(ends.data(), O_CLOEXEC) == 0);
    REQUIRE(::write(ends[1], text.data(), text.size()) == static_cast<ssize_t>(text.size()));
    if (open_end != nullptr) {
        *open_end = ends[1];
    } else {
        ::close(ends[1]);
    }
    return ends[0];
}

}  // namespace

TEST_CASE("standard input is read line by line, until nil at its end")
{
    const StandardInput input(pipe_with("one\ntwo\r\n\nthe last"));
    CHECK(output_of(R"(
        print(stdio.read_line()) print(stdio.read_line()) print(stdio.read_line() == "")
        print(stdio.read_line()) print(stdio.read_line()) print(stdio.read_line()))") ==
          "one\ntwo\ntrue\nthe last\nnil\nnil\n");
}

TEST_CASE("lines of standard input in a loop")
{
    const StandardInput input(pipe_with("one\ntwo\nthree\n"));
    CHECK(output_of("for line in stdio.lines('> ') do print(line) end") == "one\ntwo\nthree\n");
}

TEST_CASE("standard input from a file")
{
    const TemporaryFolder folder;
    const StandardInput input(::open(folder.write("input", "one\ntwo").c_str(), O_RDONLY | O_CLOEXEC));
    CHECK(output_of("for line in stdio.lines() do print(line) end") == "one\ntwo\n");
}

TEST_CASE("an empty standard input ends at once")
{
    const StandardInput input(::open("/dev/null", O_RDONLY | O_CLOEXEC));
    CHECK(output_of("print(stdio.read_line()) for line in stdio.lines() do print(line) end") == "nil\n");
}

TEST_CASE("too long a line of standard input is an error")
{
    const TemporaryFolder folder;
    const std::string file = folder.write("input", std::string(100000, 'x') + "\nnext\n");
    SECTION("returned")
    {
        const StandardInput input(::open(file.c_str(), O_RDONLY | O_CLOEXEC));
        CHECK(output_of("local line, err = stdio.read_line() print(line, err.code, err)") ==
              "nil\ttoo_long\tread from standard input: limit exceeded\n");
    }
    SECTION("thrown by the loop, at its line")
    {
        const StandardInput input(::open(file.c_str(), O_RDONLY | O_CLOEXEC));
        CHECK_THAT(error_of("for line in stdio.lines() do print(line) end"),
                   Contains("standard input") && Contains("test.lua:1:"));
    }
}

TEST_CASE("waiting for a line holds nobody up, and can be cancelled without losing it")
{
    int open_end = -1;
    const StandardInput input(pipe_with("", &open_end));
    moonwire::EngineOptions options;
    std::string output;
    options.output = [&](std::string_view text) { output += text; };
    moonwire::Engine engine(options);
    engine.define("type", [&](const moonwire::Values& values) {
        const auto& text = std::get<std::string>(values.at(0));
        REQUIRE(::write(open_end, text.data(), text.size()) == static_cast<ssize_t>(text.size()));
        return moonwire::Values{};
    });
    const auto result = engine.run_string(R"(
        local task, stdio = require "moonwire.task", require "moonwire.stdio"
        local reader = task.spawn(function() return stdio.read_line() end)
        task.sleep(0.01)
        print(reader:status())
        reader:cancel()
        local _, err = task.timeout(0.01, stdio.read_line)
        print(err.code)
        type("a line\n")
        print(stdio.read_line()))",
                                          "test.lua");
    ::close(open_end);
    CHECK(result.error.empty());
    CHECK(output == "running\ntimeout\na line\n");
}

TEST_CASE("the prompt is for a person at a terminal")
{
    const std::string script = "print(stdio.read_line('name: ')) print(stdio.read_line('again: '))";
    SECTION("a terminal")
    {
        const int master = ::posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
        REQUIRE(::grantpt(master) == 0);
        REQUIRE(::unlockpt(master) == 0);
        const StandardInput input(::open(::ptsname(master), O_RDWR | O_NOCTTY | O_CLOEXEC));
        const std::string_view typed = "Ann\n\x04";  // Ctrl-D
        REQUIRE(::write(master, typed.data(), typed.size()) == static_cast<ssize_t>(typed.size()));
        CHECK(output_of(script) == "name: Ann\nagain: nil\n");
        ::close(master);
    }
    SECTION("a pipe")
    {
        const StandardInput input(pipe_with("Ann\n"));
        CHECK(output_of(script) == "Ann\nnil\n");
    }
}
