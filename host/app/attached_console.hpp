#pragma once

#include "host/attach/message.hpp"

#include <moonwire/engine.hpp>

#include <functional>
#include <memory>
#include <string>
#include <string_view>

namespace moonwire::app {

/// The program's end of a console that somebody has attached: takes what comes through the socket, has the engine do
/// it, and tells what comes of it. The engine must outlive it.
class AttachedConsole
{
public:
    /// The descriptor becomes its own. `on_change` is called in a turn of the engine's own when there is something to
    /// be written, or the console wants to be let go.
    AttachedConsole(Engine& engine, int descriptor, std::string program, std::function<void()> on_change);
    ~AttachedConsole();
    AttachedConsole(const AttachedConsole&) = delete;
    AttachedConsole& operator=(const AttachedConsole&) = delete;

    int descriptor() const { return descriptor_; }

    /// Something has come, or can be written.
    void on_ready();

    bool wants_to_write() const { return written_ < outgoing_.size(); }

    /// The other side has gone, has broken the rules, or does not read: it is to be let go.
    bool gone() const { return gone_; }

    /// Says why it ends here.
    void farewell(std::string_view why, std::string_view kind);

    /// What a console that does not read may let pile up.
    static constexpr std::size_t max_unread = 8 * 1024 * 1024;

private:
    void read();
    void write();
    void take(const attach::Message& message);
    void begin(const attach::Message& message);
    void answer(const attach::Message& message);
    void evaluate(const attach::Message& message);
    void send(const attach::Message& message);
    void send_output(std::string_view text);
    void flush_soon();

    Engine& engine_;
    int descriptor_;
    std::string program_;
    std::function<void()> on_change_;
    attach::Decoder incoming_;
    std::string outgoing_;
    std::size_t written_ = 0;
    std::unique_ptr<Console> console_;  // there since the hello
    bool evaluating_ = false;
    bool flushing_ = false;
    bool gone_ = false;
    std::shared_ptr<char> here_ = std::make_shared<char>();
};

}  // namespace moonwire::app
