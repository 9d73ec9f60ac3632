#pragma once

#include "host/loop/loop.hpp"

#include <functional>
#include <memory>
#include <string_view>
#include <system_error>

namespace moonwire::embed {

/// The process's standard output: what a turn prints is handed on when the turn ends, so that a person or a program at
/// the other end of a pipe sees it at once, and a script that prints much does not pay a system call a line. Once a
/// write has failed (nobody reads the pipe any more, the disk is full), `on_failure` is called and all else discarded.
class StandardOutput final : public loop::EndOfTurn, public std::enable_shared_from_this<StandardOutput>
{
public:
    StandardOutput(loop::Loop& loop, std::function<void()> on_failure);

    void write(std::string_view text);
    void end_of_turn() override;

    /// Why the first write that failed did.
    std::error_code failure() const { return failure_; }

private:
    void fail();

    loop::Loop& loop_;
    std::function<void()> on_failure_;
    std::error_code failure_;
    bool scheduled_ = false;
};

}  // namespace moonwire::embed
