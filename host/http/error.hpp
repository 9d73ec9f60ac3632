#pragma once

#include "host/net/error.hpp"

namespace moonwire::http {

using net::error_code;

/// What can go wrong with HTTP beside what can with its connection.
enum class errc {
    bad_request = 1,  ///< what a client has sent is not HTTP, or not what this side serves
    bad_response,     ///< what a server has sent is not HTTP, or in a form that nobody has asked for
};

error_code make_error_code(errc code);

}  // namespace moonwire::http

template <>
struct boost::system::is_error_code_enum<moonwire::http::errc> : std::true_type {
};
