#include "host/http/file_answer.hpp"

#include "host/http/date.hpp"

#include <boost/beast/core/string.hpp>
#include <boost/beast/http/fields.hpp>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdio>
#include <optional>
#include <string_view>

namespace moonwire::http {

namespace {

std::string_view field(const RequestHead& request, beast::field name)
{
    const auto value = request[name];
    return {value.data(), value.size()};
}

/// Two states of a file differ in their size or their time.
std::string tag_of(const FileFacts& file)
{
    std::array<char, 64> text{};
    std::snprintf(text.data(), text.size(), "\"%llx-%llx.%lx\"", static_cast<unsigned long long>(file.size),
                  static_cast<unsigned long long>(file.modified), static_cast<unsigned long>(file.nanoseconds));
    return text.data();
}

/// Whether `etag` is one of the list, weak or not.
bool names_tag(std::string_view list, std::string_view etag)
{
    while (!list.empty()) {
        std::string_view item = list.substr(0, list.find(','));
        list.remove_prefix(std::min(item.size() + 1, list.size()));
        item.remove_prefix(std::min(item.find_first_not_of(" \t"), item.size()));
        item.remove_suffix(item.size() - (item.find_last_not_of(" \t") + 1));
        if (item.starts_with("W/")) {
            item.remove_prefix(2);
        }
        if (item == etag || item == "*") {
            return true;
        }
    }
    return false;
}

bool is_unchanged(const RequestHead& request, const FileFacts& file, const std::string& etag)
{
    if (request.count(beast::field::if_none_match) > 0) {
        return names_tag(field(request, beast::field::if_none_match), etag);
    }
    const auto since = parse_date(field(request, beast::field::if_modified_since));
    return since && file.modified <= *since;
}

struct Range {
    std::uint64_t first;
    std::uint64_t last;  // of the file; first > last: there is no such part
};

std::optional<std::uint64_t> number(std::string_view digits)
{
    std::uint64_t value = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
    if (error == std::errc::result_out_of_range) {
        return UINT64_MAX;
    }
    return error == std::errc() && end == digits.data() + digits.size() ? std::optional(value) : std::nullopt;
}

/// "bytes=0-99", "bytes=100-", "bytes=-100".
std::optional<Range> parse_range(std::string_view text, std::uint64_t size)
{
    constexpr std::string_view unit = "bytes=";
    const std::size_t dash = text.find('-');
    if (text.size() < unit.size() || dash == std::string_view::npos ||
        !boost::beast::iequals({text.data(), unit.size()}, {unit.data(), unit.size()})) {
        return std::nullopt;
    }
    const std::string_view first_digits = text.substr(unit.size(), dash - unit.size());
    const std::string_view last_digits = text.substr(dash + 1);
    const auto first = number(first_digits);
    const auto last = number(last_digits);
    if (first_digits.empty()) {
        return last ? std::optional(Range{*last == 0 ? size : size - std::min(*last, size), size - 1}) : std::nullopt;
    }
    if (!first || (!last && !last_digits.empty()) || (last && *last < *first)) {
        return std::nullopt;
    }
    return Range{*first, std::min(last.value_or(UINT64_MAX), size - 1)};
}

std::optional<Range> wanted_range(const RequestHead& request, const FileFacts& file, const FileAnswer& answer)
{
    if (request.count(beast::field::range) != 1 || request.method() != beast::verb::get) {
        return std::nullopt;
    }
    const std::string_view condition = field(request, beast::field::if_range);
    if (request.count(beast::field::if_range) > 0 && condition != answer.etag && condition != answer.last_modified) {
        return std::nullopt;  // the part would not fit to what the client has
    }
    return parse_range(field(request, beast::field::range), file.size);
}

}  // namespace

FileAnswer answer_file(const RequestHead& request, const FileFacts& file)
{
    FileAnswer answer{200, 0, file.size, tag_of(file), format_date(file.modified), {}};
    if (is_unchanged(request, file, answer.etag)) {
        answer.status = 304;
        return answer;
    }
    const auto range = wanted_range(request, file, answer);
    if (!range) {
        return answer;
    }
    if (range->first >= file.size) {
        answer.status = 416;
        answer.content_range = "bytes */" + std::to_string(file.size);
        return answer;
    }
    answer.status = 206;
    answer.offset = range->first;
    answer.length = range->last - range->first + 1;
    answer.content_range =
        "bytes " + std::to_string(range->first) + "-" + std::to_string(range->last) + "/" + std::to_string(file.size);
    return answer;
}

}  // namespace moonwire::http
