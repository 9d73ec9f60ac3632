#pragma once

#include <boost/system/error_code.hpp>

#include <string>
#include <string_view>

namespace moonwire::net {

using error_code = boost::system::error_code;

/// What can go wrong beside what the system says.
enum class errc {
    timeout = 1,     ///< the time given to the operation ran out
    closed,          ///< the stream has ended, or this side has closed it
    too_long,        ///< the limit was reached without what was waited for
    cancelled,       ///< the operation was cancelled
    name_not_found,  ///< the name has no address of the family that was asked for
    truncated,       ///< a datagram is longer than the receiver takes
    wrong_family,    ///< an IPv4 address with an IPv6 socket, or the other way round
    no_interface,    ///< there is no such network interface
    already_member,  ///< the socket has joined the group already
    not_member,      ///< the socket has not joined the group
};

error_code make_error_code(errc code);

/// The category of the errors that a layer adds to these: gives them words for `code_word`; its messages are the
/// reasons.
class ErrorCategory : public boost::system::error_category
{
public:
    virtual std::string_view word(int value) const = 0;
};

/// The stable word that scripts see as `err.code`: "refused", "timeout", … and "system" for what has no word of its
/// own.
std::string_view code_word(const error_code& error);

/// The reason in words for people: "connection refused".
std::string reason(const error_code& error);

/// An operation's failure with all that is worth saying about it.
struct Failure {
    error_code error;
    std::string message;  ///< what, to whom, why: "connect to localhost:5003: connection refused (127.0.0.1, ::1)"
};

}  // namespace moonwire::net

template <>
struct boost::system::is_error_code_enum<moonwire::net::errc> : std::true_type {
};
