#pragma once

#include "tests/support/process.hpp"
#include "tests/support/terminal.hpp"

#include <string>
#include <utility>
#include <vector>

namespace moonwire::test {

using Words = std::vector<std::string>;

inline const std::string enter = "\r";
inline const std::string tab = "\t";
inline const std::string ctrl_c = "\x03";
inline const std::string ctrl_d = "\x04";
inline const std::string ctrl_u = "\x15";
inline const std::string up = "\033[A";
inline const std::string down = "\033OB";
inline const std::string left = "\033[D";

/// A session at a prompt, with a state folder that several may share.
class PromptSession
{
public:
    explicit PromptSession(const TemporaryFolder& state, Words arguments = {"repl"}, Words environment = {},
                           int columns = 80)
        : terminal_(command(std::move(arguments)), with_state(state, std::move(environment)), columns)
    {
        wait_for_prompt();
    }

    Terminal& terminal() { return terminal_; }
    Terminal* operator->() { return &terminal_; }

    /// Types an entry and waits for what it prints, and the next prompt.
    void enter_and_expect(const std::string& entry, const std::string& output)
    {
        terminal_.type(entry + enter);
        const std::string expected = output + "\n>";
        terminal_.wait_until(
            [&](const Screen& screen) {
                return screen.text().ends_with(expected + "\n") && screen.before_cursor() == "> ";
            },
            "'" + expected + "' at the end");
    }

    void wait_for_prompt() { terminal_.wait_for_cursor_behind("> "); }

    int leave()
    {
        wait_for_prompt();
        terminal_.type(ctrl_d);
        return terminal_.wait();
    }

private:
    static Words command(Words arguments)
    {
        arguments.insert(arguments.begin(), MOONWIRE_EXECUTABLE);
        return arguments;
    }

    static Words with_state(const TemporaryFolder& state, Words environment)
    {
        environment.push_back("XDG_STATE_HOME=" + state.path().string());
        environment.push_back("HOME=" + state.path().string());  // has no .editrc
        return environment;
    }

    Terminal terminal_;
};

}  // namespace moonwire::test
