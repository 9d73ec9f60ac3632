#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace moonwire::http {

/// "Sun, 06 Nov 1994 08:49:37 GMT" for seconds since 1970 (RFC 9110, section 5.6.7).
std::string format_date(std::int64_t seconds);

/// The other way round; nothing for other forms, obsolete ones too.
std::optional<std::int64_t> parse_date(std::string_view text);

}  // namespace moonwire::http
