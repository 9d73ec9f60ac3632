#include "host/attach/message.hpp"

#include <catch2/catch.hpp>

using namespace moonwire::attach;
using Kind = Message::Kind;

TEST_CASE("attach: messages come out of the bytes as they went in, however these are cut")
{
    const std::vector<Message> messages = {
        {Kind::hello, {std::string(version), "", "80"}},
        {Kind::cancel},
        {Kind::output, {std::string("\0\n\xFF", 3)}},
        {Kind::answer, {"7", "", std::string(70000, 'x')}},
    };
    std::string bytes;
    for (const Message& message : messages) {
        bytes += encode(message);
    }
    for (const std::size_t step : {std::size_t{1}, std::size_t{7}, bytes.size()}) {
        Decoder decoder;
        std::vector<Message> decoded;
        for (std::size_t at = 0; at < bytes.size(); at += step) {
            decoder.take(std::string_view(bytes).substr(at, step));
            while (const auto message = decoder.next()) {
                decoded.push_back(*message);
            }
        }
        CHECK(decoded == messages);
    }
}

TEST_CASE("attach: a message is on the wire as described")
{
    CHECK(encode({Kind::cancel}) == std::string("\0\0\0\1\4", 5));
    CHECK(encode({Kind::evaluate, {"80", "x"}}) == std::string("\0\0\0\x0C\3\0\0\0\2"
                                                               "80\0\0\0\1x",
                                                               16));
}

TEST_CASE("attach: what is no message is refused as soon as it can be known")
{
    for (const std::string& bytes : {
             std::string("\0\0\0\0", 4),              // of no kind
             std::string("\0\x10\0\0", 4),            // longer than any may be
             std::string("\xFF\xFF\xFF\xFF", 4),      //
             std::string("\0\0\0\1\0", 5),            // kinds that there are not
             std::string("\0\0\0\1\x0A", 5),          //
             std::string("\0\0\0\3\3\0\0", 7),        // the length of a text, cut
             std::string("\0\0\0\6\3\0\0\0\2x", 10),  // a text that goes on behind the message
             std::string("\0\0\0\6\3\xFF\xFF\xFF\xFFx", 10),
         }) {
        CAPTURE(bytes);
        Decoder decoder;
        decoder.take(bytes);
        CHECK_THROWS_AS(decoder.next(), std::runtime_error);
    }
    Decoder decoder;
    decoder.take(encode({Kind::answer, std::vector<std::string>(max_texts + 1)}));
    CHECK_THROWS_AS(decoder.next(), std::runtime_error);
}
