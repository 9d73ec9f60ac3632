#pragma once

#include "host/observe/observer.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace moonwire::observe {

/// An event that stays: its views are strings of its own.
struct RecordedEvent {
    Event event;          ///< without its views; `size` is that of the whole content
    std::string content;  ///< the beginning
    std::string text;
    std::string role;
};

/// Keeps the first events that it is told of, each with the beginning of its content, so that it takes no more memory
/// than was agreed on. Further events are counted. Used on the loop's thread, as Observer says.
class Recorder final : public Observer
{
public:
    Recorder(std::size_t max_events, std::size_t max_content) : max_events_(max_events), max_content_(max_content) {}

    void on_event(const Event& event) override;

    const std::vector<RecordedEvent>& events() const { return events_; }
    std::uint64_t dropped() const { return dropped_; }

private:
    std::size_t max_events_;
    std::size_t max_content_;
    std::vector<RecordedEvent> events_;
    std::uint64_t dropped_ = 0;
};

}  // namespace moonwire::observe
