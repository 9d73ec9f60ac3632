#include "host/http/content_type.hpp"

#include <boost/beast/core/string.hpp>

#include <algorithm>
#include <array>

namespace moonwire::http {

namespace {

struct Type {
    std::string_view ending;
    std::string_view type;
};

// The names of the IANA registry; text is UTF-8.
constexpr std::array<Type, 32> types{{
    {"html", "text/html; charset=utf-8"},
    {"htm", "text/html; charset=utf-8"},
    {"css", "text/css; charset=utf-8"},
    {"js", "text/javascript; charset=utf-8"},
    {"mjs", "text/javascript; charset=utf-8"},
    {"json", "application/json"},
    {"map", "application/json"},
    {"webmanifest", "application/manifest+json"},
    {"txt", "text/plain; charset=utf-8"},
    {"md", "text/markdown; charset=utf-8"},
    {"csv", "text/csv; charset=utf-8"},
    {"lua", "text/plain; charset=utf-8"},
    {"log", "text/plain; charset=utf-8"},
    {"xml", "application/xml"},
    {"svg", "image/svg+xml"},
    {"png", "image/png"},
    {"jpg", "image/jpeg"},
    {"jpeg", "image/jpeg"},
    {"gif", "image/gif"},
    {"webp", "image/webp"},
    {"avif", "image/avif"},
    {"ico", "image/vnd.microsoft.icon"},
    {"woff", "font/woff"},
    {"woff2", "font/woff2"},
    {"ttf", "font/ttf"},
    {"wasm", "application/wasm"},
    {"pdf", "application/pdf"},
    {"mp3", "audio/mpeg"},
    {"wav", "audio/wav"},
    {"mp4", "video/mp4"},
    {"webm", "video/webm"},
    {"zip", "application/zip"},
}};

}  // namespace

std::string_view content_type(std::string_view file_name)
{
    const std::size_t dot = file_name.rfind('.');
    const std::string_view ending = dot == std::string_view::npos ? "" : file_name.substr(dot + 1);
    const auto found = std::find_if(types.begin(), types.end(), [ending](const Type& entry) {
        return boost::beast::iequals({ending.data(), ending.size()}, {entry.ending.data(), entry.ending.size()});
    });
    return found == types.end() ? "application/octet-stream" : found->type;
}

}  // namespace moonwire::http
