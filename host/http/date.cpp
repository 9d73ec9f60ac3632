#include "host/http/date.hpp"

#include <algorithm>
#include <array>
#include <cstdio>
#include <ctime>

namespace moonwire::http {

namespace {

constexpr std::array<const char*, 7> days{"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
constexpr std::array<const char*, 12> months{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                             "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

}  // namespace

std::string format_date(std::int64_t seconds)
{
    const std::time_t time = seconds;
    std::tm parts{};
    ::gmtime_r(&time, &parts);
    std::array<char, 64> text{};  // not by strftime: its names follow the locale
    std::snprintf(text.data(), text.size(), "%s, %02d %s %04d %02d:%02d:%02d GMT",
                  days[static_cast<std::size_t>(parts.tm_wday)], parts.tm_mday,
                  months[static_cast<std::size_t>(parts.tm_mon)], parts.tm_year + 1900, parts.tm_hour, parts.tm_min,
                  parts.tm_sec);
    return text.data();
}

std::optional<std::int64_t> parse_date(std::string_view text)
{
    std::tm parts{};
    std::array<char, 4> month{};
    const std::string terminated(text);
    if (std::sscanf(terminated.c_str(), "%*3s, %2d %3s %4d %2d:%2d:%2d GMT", &parts.tm_mday, month.data(),
                    &parts.tm_year, &parts.tm_hour, &parts.tm_min, &parts.tm_sec) != 6) {
        return std::nullopt;
    }
    const auto name = std::find(months.begin(), months.end(), std::string_view(month.data()));
    parts.tm_mon = static_cast<int>(name - months.begin());
    parts.tm_year -= 1900;
    const std::int64_t seconds = ::timegm(&parts);
    return name != months.end() && format_date(seconds) == text ? std::optional(seconds) : std::nullopt;
}

}  // namespace moonwire::http
