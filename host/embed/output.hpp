#pragma once

#include "host/loop/loop.hpp"

#include <memory>
#include <string_view>

namespace moonwire::embed {

/// The process's standard output: what a turn prints is handed on when the turn ends, so that a person or a program at
/// the other end of a pipe sees it at once, and a script that prints much does not pay a system call a line.
class StandardOutput final : public loop::EndOfTurn, public std::enable_shared_from_this<StandardOutput>
{
public:
    explicit StandardOutput(loop::Loop& loop) : loop_(loop) {}

    void write(std::string_view text);
    void end_of_turn() override;

private:
    loop::Loop& loop_;
    bool scheduled_ = false;
};

}  // namespace moonwire::embed
