#pragma once

#include <functional>
#include <string_view>

namespace moonwire {

/// What is told of an engine's connections, sockets and programs as it happens: a line an event.
struct TraceOptions {
    enum class Format {
        text,  ///< for people
        json,  ///< an object a line
    };

    /// Each has what the one before has.
    enum class Detail {
        messages,  ///< connections that come and go, and what is sent over the topmost layer
        packets,   ///< what each layer makes of it: records, frames, handshakes
        calls,     ///< the system calls that it takes
    };

    Format format = Format::text;
    Detail detail = Detail::messages;
    bool colours = false;  ///< of a text, with a terminal's colour sequences

    /// Gets whole lines, those of a turn at once; standard error if empty.
    std::function<void(std::string_view)> output;
};

}  // namespace moonwire
