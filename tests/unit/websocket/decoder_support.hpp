#pragma once

#include "host/websocket/decoder.hpp"
#include "tests/unit/websocket/support.hpp"

#include <memory>
#include <ostream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace moonwire::test {

using websocket::Decoder;
using Event = Decoder::Event;

/// What a decoder has told.
struct Told {
    Event event = Event::none;
    std::string payload;
    std::uint16_t close_code = 0;
    net::error_code failure;

    bool operator==(const Told&) const = default;
};

using Story = std::vector<Told>;

inline std::ostream& operator<<(std::ostream& out, const Told& told)
{
    return out << "event " << static_cast<int>(told.event) << ", code " << told.close_code << ", "
               << told.failure.message() << ", " << told.payload.size() << " bytes: " << told.payload.substr(0, 40);
}

inline Told told_text(std::string payload)
{
    return {Event::text, std::move(payload), 0, {}};
}

inline Told told_binary(std::string payload)
{
    return {Event::binary, std::move(payload), 0, {}};
}

inline Told told_ping(std::string payload)
{
    return {Event::ping, std::move(payload), 0, {}};
}

inline Told told_pong(std::string payload)
{
    return {Event::pong, std::move(payload), 0, {}};
}

inline Told told_close(std::uint16_t code, std::string reason = {})
{
    return {Event::close, std::move(reason), code, {}};
}

inline Told told_failure(net::error_code failure)
{
    return {Event::failed, {}, 0, failure};
}

/// How a decoder is made, over and over. Must outlive them.
struct Reader {
    Role own_role = Role::server;
    websocket::ReceiveLimits limits;
    Compression compression;

    std::unique_ptr<Decoder> make() const
    {
        return std::make_unique<Decoder>(
            own_role, limits,
            compression ? std::make_unique<websocket::Inflater>(*compression, limits.max_message) : nullptr);
    }
};

/// Gives the decoder all of `bytes`. They lie in a place of just their size, so that a sanitizer sees who reads past.
inline void feed(Decoder& decoder, std::string_view bytes, Story& story)
{
    std::vector<char> copy(bytes.begin(), bytes.end());
    std::span<char> input(copy);
    for (;;) {
        const Event event = decoder.next(input);
        if (event == Event::none) {
            REQUIRE(input.empty());
            return;
        }
        if (event == Event::failed) {
            if (story.empty() || story.back().event != Event::failed) {
                story.push_back(told_failure(decoder.failure()));
            }
            return;
        }
        story.push_back({event,
                         std::string(decoder.payload()),
                         event == Event::close ? decoder.close_code() : std::uint16_t{0},
                         {}});
    }
}

inline Story decoded(const Reader& reader, std::string_view bytes)
{
    const auto decoder = reader.make();
    Story story;
    feed(*decoder, bytes, story);
    return story;
}

/// What comes in two pieces, or byte by byte, must come to the same.
inline void check_cut(const Reader& reader, std::string_view bytes, const Story& expected)
{
    // Of what is long, everywhere in the first frames' headers, and here and there.
    const auto next = [&](std::size_t cut) { return cut + (bytes.size() > 5000 && cut > 200 ? 997U : 1U); };
    for (std::size_t cut = 1; cut < bytes.size(); cut = next(cut)) {
        const auto decoder = reader.make();
        Story story;
        feed(*decoder, bytes.substr(0, cut), story);
        feed(*decoder, bytes.substr(cut), story);
        if (story != expected) {
            CAPTURE(cut);
            CHECK(story == expected);
        }
    }
    const auto decoder = reader.make();
    Story story;
    for (const char byte : bytes) {
        feed(*decoder, {&byte, 1}, story);
    }
    CHECK(story == expected);
}

inline void check_decoded(const Reader& reader, std::string_view bytes, const Story& expected)
{
    CHECK(decoded(reader, bytes) == expected);
    check_cut(reader, bytes, expected);
}

}  // namespace moonwire::test
