#include "host/websocket/deflate_offer.hpp"

#include <catch2/catch.hpp>

#include <stdexcept>

using Catch::Matchers::Contains;
using namespace moonwire::websocket;

namespace {

DeflateOptions enabled(int window_bits = 15, int peer_window_bits = 15, bool takeover = true, bool peer_takeover = true)
{
    DeflateOptions options;
    options.enabled = true;
    options.window_bits = window_bits;
    options.peer_window_bits = peer_window_bits;
    options.context_takeover = takeover;
    options.peer_context_takeover = peer_takeover;
    return options;
}

std::optional<DeflateAnswer> answer(const std::string& offers, const DeflateOptions& options = enabled())
{
    return answer_deflate_offers(parse_extensions(offers).value(), options);
}

std::string answer_field(const std::string& offers, const DeflateOptions& options = enabled())
{
    const auto given = answer(offers, options);
    return given ? given->field : "none";
}

auto check_answer(const std::string& text, const DeflateOptions& offered = enabled())
{
    return check_extension_answer(parse_extensions(text).value(), offered);
}

std::string refusal(const std::string& text, const DeflateOptions& offered = enabled())
{
    const auto result = check_answer(text, offered);
    if (result) {
        return "accepted";
    }
    CHECK(result.error().error == errc::bad_upgrade);
    return result.error().message;
}

}  // namespace

TEST_CASE("the offer says what the options limit")
{
    CHECK(deflate_offer(enabled()) == "permessage-deflate; client_max_window_bits");
    CHECK(deflate_offer(enabled(10, 9, false, false)) ==
          "permessage-deflate; server_no_context_takeover; client_no_context_takeover; server_max_window_bits=9; "
          "client_max_window_bits=10");
}

TEST_CASE("a server's answer fits the offer and its own limits")
{
    CHECK(answer_field("permessage-deflate") == "permessage-deflate");
    CHECK(answer_field("permessage-deflate; client_max_window_bits") == "permessage-deflate");
    CHECK(answer("permessage-deflate; client_max_window_bits")->parameters == DeflateParameters{});

    // What the client demands is granted …
    CHECK(answer_field("permessage-deflate; server_no_context_takeover; server_max_window_bits=10") ==
          "permessage-deflate; server_no_context_takeover; server_max_window_bits=10");
    CHECK(answer("permessage-deflate; server_no_context_takeover; server_max_window_bits=10")->parameters ==
          DeflateParameters{10, 15, false, true});
    CHECK(answer_field("permessage-deflate; server_max_window_bits=15") ==
          "permessage-deflate; server_max_window_bits=15");
    CHECK(answer_field("permessage-deflate; server_max_window_bits=\"12\"", enabled(10)) ==
          "permessage-deflate; server_max_window_bits=10");
    // … what it announces for itself is held on to …
    CHECK(answer("permessage-deflate; client_no_context_takeover; client_max_window_bits=9")->parameters ==
          DeflateParameters{15, 9, true, false});
    CHECK(answer_field("permessage-deflate; client_no_context_takeover; client_max_window_bits=9") ==
          "permessage-deflate; client_no_context_takeover; client_max_window_bits=9");
    // … and what the server limits is said.
    CHECK(answer_field("permessage-deflate; client_max_window_bits", enabled(11, 12, false, false)) ==
          "permessage-deflate; server_no_context_takeover; client_no_context_takeover; server_max_window_bits=11; "
          "client_max_window_bits=12");
}

TEST_CASE("a server passes over offers that it cannot take, to the first that it can")
{
    CHECK(answer_field("permessage-deflate; server_max_window_bits=8; unknown, permessage-bzip2, "
                       "permessage-deflate; server_max_window_bits=13, permessage-deflate") ==
          "permessage-deflate; server_max_window_bits=13");
    // A client that cannot be asked for a smaller window is not.
    CHECK(answer_field("permessage-deflate", enabled(15, 12)) == "none");
    CHECK(answer_field("permessage-deflate, permessage-deflate; client_max_window_bits", enabled(15, 12)) ==
          "permessage-deflate; client_max_window_bits=12");
    CHECK(answer_field("permessage-deflate; client_max_window_bits", DeflateOptions()) == "none");
    CHECK(answer_field("") == "none");
    CHECK(answer_field("x-webkit-deflate-frame") == "none");
}

TEST_CASE("offers with unknown, repeated or wrong parameters are no offers")
{
    const std::string parameters =
        GENERATE("unknown", "server_max_window_bits", "server_max_window_bits=7", "server_max_window_bits=16",
                 "server_max_window_bits=08", "server_max_window_bits=1e1", "client_max_window_bits=7",
                 "client_max_window_bits=x", "server_no_context_takeover=1", "client_no_context_takeover=true",
                 "server_max_window_bits=-9", "server_max_window_bits=9; server_max_window_bits=9",
                 "client_no_context_takeover; client_no_context_takeover", "Server_no_context_takeover");
    CAPTURE(parameters);
    CHECK(answer_field("permessage-deflate; " + parameters) == "none");
    CHECK_THAT(refusal("permessage-deflate; " + parameters), Contains("Sec-WebSocket-Extensions"));
}

TEST_CASE("a window of 256 bytes is agreed on, and this side then sends messages as they are")
{
    const auto given = answer("permessage-deflate; server_max_window_bits=8; client_max_window_bits=8");
    REQUIRE(given);
    CHECK(given->field == "permessage-deflate; server_max_window_bits=8; client_max_window_bits=8");
    CHECK(given->parameters == DeflateParameters{8, 8, true, true});
    CHECK(check_answer("permessage-deflate; client_max_window_bits=8")->value().window_bits == 8);
}

TEST_CASE("a client takes an answer that its offer allows")
{
    CHECK_FALSE(check_answer("")->has_value());
    CHECK_FALSE(check_answer("", DeflateOptions())->has_value());
    CHECK(check_answer("permessage-deflate")->value() == DeflateParameters{});
    CHECK(check_answer("permessage-deflate; server_no_context_takeover; client_no_context_takeover; "
                       "server_max_window_bits=10; client_max_window_bits=9")
              ->value() == DeflateParameters{9, 10, false, false});
    CHECK(check_answer("permessage-deflate; server_max_window_bits=10; server_no_context_takeover",
                       enabled(12, 11, false, false))
              ->value() == DeflateParameters{12, 10, false, false});
}

TEST_CASE("a client refuses an answer that its offer does not allow")
{
    CHECK_THAT(refusal("permessage-bzip2"), Contains("'permessage-bzip2' was not offered"));
    CHECK_THAT(refusal("permessage-deflate, permessage-bzip2"), Contains("was not offered"));
    CHECK_THAT(refusal("permessage-deflate", DeflateOptions()), Contains("'permessage-deflate' was not offered"));
    CHECK_THAT(refusal("permessage-deflate, permessage-deflate"), Contains("twice"));
    CHECK_THAT(refusal("permessage-deflate; client_max_window_bits"), Contains("has no value"));
    CHECK_THAT(refusal("permessage-deflate; client_max_window_bits=13", enabled(12)),
               Contains("more than was offered"));
    CHECK_THAT(refusal("permessage-deflate", enabled(15, 12)), Contains("server_max_window_bits=12"));
    CHECK_THAT(refusal("permessage-deflate; server_max_window_bits=13", enabled(15, 12)),
               Contains("server_max_window_bits=12"));
    CHECK_THAT(refusal("permessage-deflate", enabled(15, 15, true, false)), Contains("server_no_context_takeover"));
    CHECK_THAT(refusal("permessage-deflate; no_such=1"), Contains("'no_such=1'"));
}

TEST_CASE("what a client offers, a server with any options answers so that the client takes it")
{
    for (const DeflateOptions& client :
         {enabled(), enabled(9, 8), enabled(12, 10, false, true), enabled(15, 9, true, false)}) {
        for (const DeflateOptions& server :
             {enabled(), enabled(9, 8), enabled(13, 11, false, false), enabled(10, 15, true, false)}) {
            const auto answered = answer(deflate_offer(client), server);
            REQUIRE(answered);
            const auto taken = check_answer(answered->field, client);
            REQUIRE(taken.has_value());
            const DeflateParameters& one = **taken;
            const DeflateParameters& other = answered->parameters;
            CHECK(one.window_bits == other.peer_window_bits);
            CHECK(one.peer_window_bits == other.window_bits);
            CHECK(one.context_takeover == other.peer_context_takeover);
            CHECK(one.peer_context_takeover == other.context_takeover);
        }
    }
}

TEST_CASE("compression options out of range are refused by name")
{
    CHECK_NOTHROW(check(enabled(9, 8)));
    CHECK_THROWS_AS(check(enabled(8)), std::invalid_argument);
    CHECK_THROWS_WITH(check(enabled(8)), Contains("window_bits") && Contains("9 to 15") && Contains("8"));
    CHECK_THROWS_WITH(check(enabled(15, 16)), Contains("peer_window_bits"));
    DeflateOptions options;
    options.level = 0;
    CHECK_THROWS_WITH(check(options), Contains("level: expected 1 to 9, got 0"));
    options.level = 1;
    options.memory_level = 10;
    CHECK_THROWS_WITH(check(options), Contains("memory_level"));
}
