#pragma once

#include "host/observe/event.hpp"

#include <cstddef>
#include <string>

namespace moonwire::observe {

/// Appends an event as a line of JSON, with its line end: an object of strings and numbers. What an event does not have
/// is left out. The README says what the fields are.
void append_json_line(std::string& out, const Event& event, TimePoint start);

/// Writes events as lines for people: time since `start`, role, layer and number of the object, direction, what
/// happens, the beginning of the content. Columns are as wide as what they have held so far.
class TraceText
{
public:
    explicit TraceText(bool colours) : colours_(colours) {}

    /// Appends the line with its line end.
    void append(std::string& out, const Event& event, TimePoint start);

private:
    void append_who(std::string& out, const Event& event);
    void paint(std::string& out, const char* colour) const;

    bool colours_;
    std::size_t role_width_ = 0;
    std::size_t object_width_ = 6;
};

}  // namespace moonwire::observe
