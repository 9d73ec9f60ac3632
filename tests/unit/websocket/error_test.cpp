#include "host/websocket/error.hpp"

#include <catch2/catch.hpp>

#include <set>
#include <string>

using namespace moonwire::websocket;

TEST_CASE("the close codes that a frame may have")
{
    std::set<unsigned> sendable;
    for (unsigned code = 0; code <= 65535; ++code) {
        if (may_be_sent(static_cast<std::uint16_t>(code))) {
            sendable.insert(code);
        }
    }
    CHECK(sendable.size() == 4 + 8 + 2000);
    for (const unsigned code : {1000u, 1001u, 1002u, 1003u, 1007u, 1010u, 1014u, 3000u, 3999u, 4000u, 4999u}) {
        CHECK(sendable.count(code) == 1);
    }
    for (const unsigned code : {0u, 999u, 1004u, 1005u, 1006u, 1015u, 1016u, 2999u, 5000u, 65535u}) {
        CHECK(sendable.count(code) == 0);
    }
}

TEST_CASE("close codes have names")
{
    CHECK(close_code_name(1000) == "normal closure");
    CHECK(close_code_name(1006) == "abnormal closure");
    CHECK(close_code_name(1014) == "bad gateway");
    CHECK(close_code_name(3000) == "of a library");
    CHECK(close_code_name(4999) == "of the application");
    CHECK(close_code_name(1004) == "unknown");
    CHECK(close_code_name(5000) == "unknown");
    CHECK(close_code_name(0) == "unknown");
}

TEST_CASE("each of WebSocket's errors has a word of its own, a reason, and a close code that may be sent")
{
    std::set<std::string> words;
    std::set<std::string> reasons;
    constexpr int count = static_cast<int>(errc::policy);
    for (int value = 1; value <= count; ++value) {
        const error_code error = static_cast<errc>(value);
        words.emplace(moonwire::net::code_word(error));
        reasons.insert(moonwire::net::reason(error));
        CHECK(may_be_sent(static_cast<std::uint16_t>(close_code(static_cast<errc>(value)))));
    }
    CHECK(words.size() == count);
    CHECK(reasons.size() == count);
    CHECK(words.count("message_too_big") == 1);
    CHECK(close_code(errc::protocol_error) == CloseCode::protocol_error);
    CHECK(close_code(errc::invalid_utf8) == CloseCode::invalid_payload);
    CHECK(close_code(errc::message_too_big) == CloseCode::message_too_big);
    CHECK(close_code(errc::policy) == CloseCode::policy_violation);
}
