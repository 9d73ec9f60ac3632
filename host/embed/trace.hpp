#pragma once

#include "host/loop/loop.hpp"
#include "host/observe/observer.hpp"
#include "host/observe/trace_line.hpp"

#include <moonwire/trace.hpp>

#include <memory>
#include <string>

namespace moonwire::embed {

/// Writes what a loop's native objects tell as lines, which leave when the turn ends. The loop must outlive it.
class Trace final : public observe::Observer, public loop::EndOfTurn, public std::enable_shared_from_this<Trace>
{
public:
    Trace(loop::Loop& loop, TraceOptions options);
    ~Trace() override;
    Trace(const Trace&) = delete;
    Trace& operator=(const Trace&) = delete;

    /// A run begins: its time is 0 now.
    void start() { start_ = loop_.now(); }

    void on_event(const observe::Event& event) override;
    void end_of_turn() override;

private:
    loop::Loop& loop_;
    TraceOptions options_;
    observe::Detail detail_;
    observe::TraceText text_;
    observe::TimePoint start_;
    std::string lines_;
    bool scheduled_ = false;
};

}  // namespace moonwire::embed
