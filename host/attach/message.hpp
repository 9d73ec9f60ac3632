#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace moonwire::attach {

/// What a console and the program that it is attached to tell each other: a kind, and texts that it says what they are.
/// On the wire: the length of what follows, the kind, and each text behind its own length; lengths are four bytes, the
/// highest first.
struct Message {
    enum class Kind : std::uint8_t {
        // Of the console:
        hello = 1,  ///< version, "colours" or "", columns
        question,   ///< number, "is_complete" | "complete" | "hint", text
        evaluate,   ///< columns, text
        cancel,
        // Of the program:
        welcome,    ///< its name
        answer,     ///< the question's number, and what there is to say
        output,     ///< text
        evaluated,  ///< "done" | "failed" | "interrupted"
        farewell,   ///< why; "ended" | "refused"
    };

    Kind kind;
    std::vector<std::string> texts{};

    bool operator==(const Message&) const = default;
};

/// Both sides have to speak the same one.
constexpr std::string_view version = "1";

/// Of a whole message on the wire.
constexpr std::size_t max_message = 1024 * 1024;
constexpr std::size_t max_texts = 16 * 1024;

std::string encode(const Message& message);

/// Takes messages from a stream of bytes.
class Decoder
{
public:
    void take(std::string_view bytes) { bytes_ += bytes; }

    /// The next message, if it is complete. Throws std::runtime_error for what is none, or too long: then nothing more
    /// can be understood.
    std::optional<Message> next();

private:
    std::string bytes_;
};

}  // namespace moonwire::attach
