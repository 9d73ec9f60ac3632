#include "host/http/head.hpp"

#include <boost/beast/http/status.hpp>

#include <algorithm>

namespace moonwire::http {

bool is_token(std::string_view text)
{
    const auto is_token_character = [](char c) {
        return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
               std::string_view("!#$%&'*+-.^_`|~").find(c) != std::string_view::npos;
    };
    return !text.empty() && std::all_of(text.begin(), text.end(), is_token_character);
}

bool is_field_value(std::string_view text)
{
    const auto is_control = [](char c) { return (static_cast<unsigned char>(c) < ' ' && c != '\t') || c == 0x7f; };
    return std::none_of(text.begin(), text.end(), is_control);
}

bool is_request_target(std::string_view text)
{
    const auto is_visible = [](char c) { return c > ' ' && c < 0x7f && c != '#'; };
    return !text.empty() && std::all_of(text.begin(), text.end(), is_visible);
}

std::string_view reason_of(unsigned status)
{
    namespace beast = boost::beast::http;
    const beast::status known = beast::int_to_status(status);
    if (known == beast::status::unknown) {
        return {};
    }
    const auto reason = beast::obsolete_reason(known);
    return {reason.data(), reason.size()};
}

std::string request_line(std::string_view method, std::string_view target)
{
    std::string line(method);
    line += ' ';
    line += target;
    line += " HTTP/1.1\r\n";
    return line;
}

std::string status_line(unsigned status)
{
    std::string line = "HTTP/1.1 " + std::to_string(status) + ' ';
    line += reason_of(status);
    line += "\r\n";
    return line;
}

void append_field(std::string& head, std::string_view name, std::string_view value)
{
    head += name;
    head += ": ";
    head += value;
    head += "\r\n";
}

}  // namespace moonwire::http
