#include "host/websocket/deflate.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <chrono>
#include <random>
#include <stdexcept>

using namespace moonwire::websocket;

namespace {

constexpr std::size_t no_limit = std::size_t{1} << 40;

std::string bytes(std::initializer_list<unsigned> values)
{
    std::string text;
    for (const unsigned value : values) {
        text += static_cast<char>(value);
    }
    return text;
}

std::string compressed(Deflater& deflater, std::string_view message)
{
    std::string out = "before";  // it appends
    deflater.compress(message, out);
    REQUIRE(out.substr(0, 6) == "before");
    return out.substr(6);
}

std::string compressed(std::string_view message)
{
    Deflater deflater({}, {});
    return compressed(deflater, message);
}

struct Inflated {
    error_code error;
    std::string text;
};

Inflated inflated(Inflater& inflater, std::string_view message, std::size_t piece = no_limit)
{
    Inflated result;
    while (!message.empty() && !result.error) {
        result.error = inflater.consume(message.substr(0, piece), result.text);
        message.remove_prefix(std::min(piece, message.size()));
    }
    if (!result.error) {
        result.error = inflater.finish(result.text);
    }
    return result;
}

Inflated inflated(std::string_view message, std::size_t max_size = no_limit)
{
    Inflater inflater({}, max_size);
    return inflated(inflater, message);
}

/// Text as scripts send it: repeats itself near and far.
std::string sample_text(std::size_t size, unsigned seed)
{
    std::mt19937 random(seed);
    std::string text;
    while (text.size() < size) {
        text += "{\"sensor\": " + std::to_string(random() % 100) + ", \"value\": " + std::to_string(random()) + "}\n";
    }
    text.resize(size);
    return text;
}

std::string noise(std::size_t size)
{
    std::mt19937 random(42);
    std::string text(size, '\0');
    std::generate(text.begin(), text.end(), [&] { return static_cast<char>(random()); });
    return text;
}

const std::string hello = bytes({0xf2, 0x48, 0xcd, 0xc9, 0xc9, 0x07, 0x00});

}  // namespace

TEST_CASE("the examples of RFC 7692, section 7.2.3, are made so")
{
    Deflater deflater({}, {});
    CHECK(compressed(deflater, "Hello") == hello);
    CHECK(compressed(deflater, "Hello") == bytes({0xf2, 0x00, 0x11, 0x00, 0x00}));
    CHECK(compressed(deflater, "") == bytes({0x00}));
    Deflater without_context({15, 15, false, true}, {});
    CHECK(compressed(without_context, "Hello") == hello);
    CHECK(compressed(without_context, "Hello") == hello);
}

TEST_CASE("the examples of RFC 7692, section 7.2.3, are read, in frames cut anywhere")
{
    const std::size_t piece = GENERATE(1u, 2u, 3u, 100u);
    Inflater inflater({}, 100);
    const std::pair<std::string, std::string> examples[] = {
        {hello, "Hello"},
        {bytes({0xf2, 0x00, 0x11, 0x00, 0x00}), "Hello"},  // from the context
        {bytes({0x00, 0x05, 0x00, 0xfa, 0xff, 0x48, 0x65, 0x6c, 0x6c, 0x6f, 0x00}), "Hello"},
        {bytes({0x00}), ""},
        {bytes({0xf2, 0x48, 0x05, 0x00, 0x00, 0x00, 0xff, 0xff, 0xca, 0xc9, 0xc9, 0x07, 0x00}), "Hello"},
        {bytes({0xf3, 0x48, 0xcd, 0xc9, 0xc9, 0x07, 0x00, 0x00}), "Hello"},  // a last block
        {hello, "Hello"},
        {bytes({0xf3, 0x48, 0xcd, 0xc9, 0xc9, 0x07, 0x00}), "Hello"},  // a last block with nothing after it
        {hello, "Hello"},
        {"", ""},
        {hello, "Hello"},
    };
    for (const auto& [message, text] : examples) {
        const Inflated result = inflated(inflater, message, piece);
        CHECK_FALSE(result.error);
        CHECK(result.text == text);
    }
}

TEST_CASE("messages come back as they were, with every window, with and without context")
{
    const int window_bits = GENERATE(range(9, 16));
    const bool takeover = GENERATE(true, false);
    CAPTURE(window_bits, takeover);
    DeflateOptions options;
    options.level = GENERATE(1, 6, 9);
    options.memory_level = GENERATE(1, 8, 9);
    Deflater deflater({window_bits, 15, takeover, true}, options);
    Inflater inflater({15, window_bits, true, takeover}, no_limit);
    std::size_t sent = 0;
    for (const std::size_t size : {1u, 100u, 0u, 5000u, 100u, 70000u, 0u, 0u, 20000u, 1u}) {
        const std::string text = sample_text(size, 1);
        const std::string message = compressed(deflater, text);
        sent += message.size();
        const Inflated result = inflated(inflater, message, 1000);
        REQUIRE_FALSE(result.error);
        REQUIRE(result.text == text);
    }
    CHECK(sent < 60000);
}

TEST_CASE("a peer that inflates with the window agreed on, and no more, finds everything in it")
{
    // Inflated a byte at a time, nothing is left of a message but what the window holds.
    for (int window_bits = 9; window_bits <= 15; ++window_bits) {
        Deflater deflater({window_bits, 15, true, true}, {});
        Inflater inflater({15, window_bits, true, true}, no_limit);
        for (unsigned seed = 0; seed < 5; ++seed) {
            const std::string text = sample_text(40000, seed) + sample_text(40000, seed);
            const Inflated result = inflated(inflater, compressed(deflater, text), 1);
            REQUIRE_FALSE(result.error);
            REQUIRE((result.text == text));
        }
    }
}

TEST_CASE("context over messages makes them small, without it each stands alone")
{
    const std::string text = noise(1000);
    Deflater with({}, {});
    Deflater without({15, 15, false, true}, {});
    CHECK(compressed(with, text).size() >= 1000);
    CHECK(compressed(with, text).size() < 50);
    CHECK(compressed(without, text).size() >= 1000);
    const std::string alone = compressed(without, text);
    CHECK(inflated(alone).text == text);

    with.forget();
    CHECK(inflated(compressed(with, text)).text == text);
    CHECK(inflated(compressed(with, text)).error == errc::bad_compression);  // refers to the one before
}

TEST_CASE("a peer that agreed to use no context, and does, is found out")
{
    Deflater deflater({}, {});
    Inflater inflater({15, 15, true, false}, no_limit);
    const std::string text = noise(1000);
    CHECK(inflated(inflater, compressed(deflater, text)).text == text);
    CHECK(inflated(inflater, compressed(deflater, text)).error == errc::bad_compression);
}

TEST_CASE("a message that is larger than the window agreed on needs more than it")
{
    Deflater deflater({}, {});
    Inflater inflater({15, 8, true, true}, no_limit);
    const std::string text = noise(1000);
    CHECK(inflated(inflater, compressed(deflater, text + text), 1).error == errc::bad_compression);
}

TEST_CASE("messages that zlib cannot make smaller, of sizes around its steps")
{
    const std::string text = noise(70000);
    Deflater deflater({15, 15, false, true}, {});
    Inflater inflater({15, 15, true, false}, text.size());
    for (const std::size_t around : {16384u, 32768u, 65535u}) {
        for (std::size_t size = around - 30; size < around + 5; ++size) {
            const std::string_view message = std::string_view(text).substr(0, size);
            const Inflated result = inflated(inflater, compressed(deflater, message));
            REQUIRE_FALSE(result.error);
            REQUIRE((result.text == message));
        }
    }
}

TEST_CASE("small messages, and all of them with a window that zlib lacks, are not to be compressed")
{
    DeflateOptions options;
    options.threshold = 10;
    CHECK_FALSE(Deflater({}, options).wants(9));
    CHECK(Deflater({}, options).wants(10));
    CHECK(Deflater({9, 15, true, true}, options).wants(1000));
    Deflater without_window({8, 15, true, true}, options);
    CHECK_FALSE(without_window.wants(1000));
    std::string out;
    CHECK_THROWS_AS(without_window.compress("text", out), std::logic_error);
}

TEST_CASE("a message may inflate to the limit, and not to one byte more")
{
    for (const std::size_t size : {1u, 100u, 16383u, 16384u, 16385u, 32768u, 100000u}) {
        const std::string text = sample_text(size, 3);
        const std::string message = compressed(text);
        CHECK(inflated(message, size).text == text);
        CHECK_FALSE(inflated(message, size).error);
        CHECK(inflated(message, size - 1).error == errc::message_too_big);
    }
    CHECK_FALSE(inflated(bytes({0x00}), 0).error);
    CHECK(inflated(hello, 0).error == errc::message_too_big);
    Inflater inflater({}, 5);
    for (int i = 0; i < 3; ++i) {
        CHECK_FALSE(inflated(inflater, hello).error);  // the limit is each message's own
    }
}

TEST_CASE("a deflate bomb costs no more than the limit")
{
    const std::string bomb = compressed(std::string(std::size_t{200} << 20, '\0'));
    REQUIRE(bomb.size() < 300'000);
    const auto start = std::chrono::steady_clock::now();
    const Inflated result = inflated(bomb, 1 << 20);
    CHECK(result.error == errc::message_too_big);
    CHECK(result.text.capacity() <= 2 << 20);
    CHECK(std::chrono::steady_clock::now() - start < std::chrono::seconds(5));
}

TEST_CASE("a message that inflates to nothing, without end, is too big in the end")
{
    Inflater inflater({}, 1000);
    std::string out;
    const std::string nothing = bytes({0x00, 0x00, 0x00, 0xff, 0xff});  // an empty block
    error_code error;
    std::size_t size = 0;
    for (; !error && size < 100'000; size += nothing.size()) {
        error = inflater.consume(nothing, out);
    }
    CHECK(error == errc::message_too_big);
    CHECK(size > 8 * 1000);
    CHECK(size < 10'000);
    CHECK(out.empty());
}

TEST_CASE("a message cut short is told from a whole one")
{
    const std::string text = sample_text(3000, 5);
    const std::string message = compressed(text);
    for (std::size_t size = 1; size < message.size(); ++size) {
        const Inflated result = inflated(std::string_view(message).substr(0, size));
        if (!result.error) {
            FAIL("cut to " << size << " of " << message.size());
        }
        if (result.error != errc::bad_compression) {
            FAIL("cut to " << size << ": " << result.error.message());
        }
    }
    CHECK(inflated(bytes({0x00, 0x05, 0x00, 0xfa, 0xff, 0x48, 0x65})).error == errc::bad_compression);
}

TEST_CASE("what is no compressed message is refused")
{
    CHECK(inflated(bytes({0x07})).error == errc::bad_compression);  // a block of no known type
    CHECK(inflated(bytes({0x00, 0x05, 0x00, 0x05, 0x00})).error ==
          errc::bad_compression);  // its length contradicts itself
    CHECK(inflated(bytes({0xf2, 0x00, 0x11, 0x00, 0x00})).error ==
          errc::bad_compression);  // refers to before the start
    CHECK(inflated("Hello").error == errc::bad_compression);
}

TEST_CASE("damaged messages fail, or give something within the limit")
{
    std::mt19937 random(4711);
    const std::string text = sample_text(2000, 9);
    const std::string good = compressed(text);
    int failures = 0;
    for (int turn = 0; turn < 2000; ++turn) {
        std::string message = good;
        for (auto changes = 1 + random() % 3; changes > 0; --changes) {
            message[random() % message.size()] = static_cast<char>(random());
        }
        Inflater inflater({}, 4000);
        const Inflated result = inflated(inflater, message, 1 + random() % 500);
        failures += static_cast<bool>(result.error);
        REQUIRE(result.text.size() <= 4000);
    }
    CHECK(failures > 500);
}
