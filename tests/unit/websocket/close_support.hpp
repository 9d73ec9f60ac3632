#pragma once

#include "tests/unit/websocket/support.hpp"

namespace moonwire::test {

/// What closing came to.
using Closed = Write;

inline WireFrame close_frame(const std::string& payload)
{
    return frame_from(Role::server, 8, payload);
}

inline void check_end(const Connection& connection, net::error_code error, unsigned code, std::string_view reason = {})
{
    CHECK(connection.ended());
    CHECK(connection.closing());
    CHECK(connection.end().error == error);
    CHECK(connection.end().code == code);
    CHECK(connection.end().reason == reason);
}

}  // namespace moonwire::test
