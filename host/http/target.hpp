#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace moonwire::http {

/// What a request asks for, taken apart.
struct Target {
    std::string path;   ///< decoded; begins with "/", or is "*"
    std::string query;  ///< as it was sent, without the "?"
};

/// Takes "/path?query", "http://host/path?query" and "*" (RFC 9112, section 3.2). Nothing for what is none of these,
/// for malformed %XX and for a path with a zero byte.
std::optional<Target> parse_target(std::string_view target);

/// The names and values of a query as forms send them ("a=1&b=x+y"), in their order. What is malformed stays as it is.
std::vector<std::pair<std::string, std::string>> parse_query(std::string_view query);

}  // namespace moonwire::http
