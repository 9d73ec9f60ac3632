#include "host/http/target.hpp"

#include "host/net/url.hpp"

#include <algorithm>
#include <charconv>

namespace moonwire::http {

namespace {

std::optional<std::string> decode(std::string_view text)
{
    std::string result;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] != '%') {
            result += text[i];
            continue;
        }
        const std::string_view digits = text.substr(i + 1, 2);
        unsigned byte = 0;
        const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), byte, 16);
        if (error != std::errc() || end != digits.data() + 2) {
            return std::nullopt;
        }
        result += static_cast<char>(byte);
        i += 2;
    }
    return result;
}

std::string decode_form(std::string_view text)
{
    std::string spaced(text);
    std::replace(spaced.begin(), spaced.end(), '+', ' ');
    return decode(spaced).value_or(spaced);
}

}  // namespace

std::optional<Target> parse_target(std::string_view target)
{
    std::string of_url;
    if (target == "*") {
        return Target{"*", {}};
    }
    if (!target.starts_with('/')) {
        const auto url = net::parse_url(target);
        if (!url) {
            return std::nullopt;
        }
        of_url = url->target;
        target = of_url;
    }
    const std::size_t end = std::min(target.find('?'), target.size());
    auto path = decode(target.substr(0, end));
    if (!path || path->find('\0') != std::string::npos) {
        return std::nullopt;
    }
    return Target{std::move(*path), std::string(target.substr(std::min(end + 1, target.size())))};
}

std::vector<std::pair<std::string, std::string>> parse_query(std::string_view query)
{
    std::vector<std::pair<std::string, std::string>> result;
    while (!query.empty()) {
        const std::string_view item = query.substr(0, query.find('&'));
        query.remove_prefix(std::min(item.size() + 1, query.size()));
        const std::size_t equals = std::min(item.find('='), item.size());
        if (!item.empty()) {
            result.emplace_back(decode_form(item.substr(0, equals)),
                                decode_form(item.substr(std::min(equals + 1, item.size()))));
        }
    }
    return result;
}

}  // namespace moonwire::http
