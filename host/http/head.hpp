#pragma once

#include <string>
#include <string_view>

namespace moonwire::http {

// The first bytes of messages: a line, the fields, an empty line.

/// What methods and the names of fields are (RFC 9110, section 5.6.2).
bool is_token(std::string_view text);

/// Whether a field may have this value: without line ends, which would make two fields of it (RFC 9110, section 5.5).
bool is_field_value(std::string_view text);

/// What a request may ask for: visible ASCII, without a fragment.
bool is_request_target(std::string_view text);

/// "Not Found"; empty for a status without a name.
std::string_view reason_of(unsigned status);

std::string request_line(std::string_view method, std::string_view target);
std::string status_line(unsigned status);

/// Both have to be what the functions above take.
void append_field(std::string& head, std::string_view name, std::string_view value);

inline void end_head(std::string& head)
{
    head += "\r\n";
}

}  // namespace moonwire::http
