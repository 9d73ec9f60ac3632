#pragma once

#include "host/attach/message.hpp"

#include <moonwire/engine.hpp>

#include <deque>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace moonwire::app {

/// The terminal's end of a console in another program: see AttachedConsole. `engine` is the event loop that the
/// terminal waits in, and must outlive it.
class RemoteConsole final : public Console
{
public:
    struct Options {
        std::function<void(std::string_view)> output;

        /// The program has let the console go: why, in order or not. Called in a turn of the engine's, once.
        std::function<void(const std::string& why, bool in_order)> gone;

        bool colours = false;
        std::size_t columns = 80;
    };

    /// The descriptor becomes its own. Throws std::runtime_error if nobody at its other end answers, or refuses.
    RemoteConsole(Engine& engine, int descriptor, Options options);
    ~RemoteConsole() override;

    /// What the program calls itself.
    const std::string& program() const { return program_; }

    bool is_complete(std::string_view text) override;
    void evaluate(std::string_view text, std::function<void(Outcome)> done) override;

    /// Not in another program, whose files are not this one's: throws std::logic_error.
    void evaluate_file(std::string_view text, const std::string& name, const std::vector<std::string>& arguments,
                       std::function<void(Outcome)> done) override;
    void cancel() override;
    Candidates complete(std::string_view text) override;
    std::string hint(std::string_view text) override;
    void set_columns(std::size_t columns) override { options_.columns = columns; }

private:
    void send(const attach::Message& message);
    bool receive(int timeout);
    void on_readable();
    void take_all();
    void take(const attach::Message& message);
    void lose(const std::string& why, bool in_order);
    std::vector<std::string> ask(const char* what, std::string_view text);

    Engine& engine_;
    int descriptor_;
    Options options_;
    std::string program_;
    attach::Decoder incoming_;
    std::deque<attach::Message> untaken_;  // what came while an answer was waited for
    std::function<void(Outcome)> done_;    // of the entry that is being evaluated
    unsigned question_ = 0;
    bool unanswered_ = false;  // the program is busy: further questions would only hold up who types
    bool ended_ = false;       // the stream is at its end
    bool lost_ = false;
};

}  // namespace moonwire::app
