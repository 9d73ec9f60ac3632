#include "host/sweep/record.hpp"

#include <cstdint>
#include <cstring>

namespace moonwire::sweep {

namespace {

template <class T>
void put(std::string& bytes, T number)
{
    char raw[sizeof number];
    std::memcpy(raw, &number, sizeof number);
    bytes.append(raw, sizeof number);
}

void put(std::string& bytes, const std::string& text)
{
    put(bytes, static_cast<std::uint64_t>(text.size()));
    bytes += text;
}

// After a read beyond the end all is empty, and `failed`.
class Reader
{
public:
    explicit Reader(std::string_view bytes) : bytes_(bytes) {}

    template <class T>
    T number()
    {
        T value{};
        if (const auto raw = take(sizeof value); !raw.empty()) {
            std::memcpy(&value, raw.data(), sizeof value);
        }
        return value;
    }

    std::string text() { return std::string(take(number<std::uint64_t>())); }

    bool failed() const { return failed_; }
    bool at_end() const { return bytes_.empty() && !failed_; }

private:
    std::string_view take(std::uint64_t size)
    {
        failed_ = failed_ || size > bytes_.size();
        const auto taken = failed_ ? std::string_view() : bytes_.substr(0, size);
        bytes_.remove_prefix(taken.size());
        return taken;
    }

    std::string_view bytes_;
    bool failed_ = false;
};

}  // namespace

std::string encode(const Result& result)
{
    std::string bytes;
    put(bytes, static_cast<std::uint8_t>(result.outcome));
    put(bytes, result.error);
    put(bytes, static_cast<std::uint64_t>(result.figures.size()));
    for (const Figure& figure : result.figures) {
        const auto* number = std::get_if<double>(&figure.value);
        put(bytes, figure.name);
        put(bytes, figure.unit);
        put(bytes, static_cast<std::uint8_t>(number != nullptr ? 1 : 0));
        if (number != nullptr) {
            put(bytes, *number);
        } else {
            const auto* text = std::get_if<std::string>(&figure.value);
            put(bytes, text != nullptr ? *text : std::string());
        }
    }
    return bytes;
}

std::optional<Result> decode(std::string_view bytes)
{
    Reader reader(bytes);
    Result result;
    const auto outcome = reader.number<std::uint8_t>();
    result.outcome = static_cast<Outcome>(outcome);
    result.error = reader.text();
    for (auto count = reader.number<std::uint64_t>(); count > 0 && !reader.failed(); --count) {
        Figure figure;
        figure.name = reader.text();
        figure.unit = reader.text();
        figure.value = reader.number<std::uint8_t>() == 1 ? Value(reader.number<double>()) : Value(reader.text());
        result.figures.push_back(std::move(figure));
    }
    const bool known = outcome <= static_cast<std::uint8_t>(Outcome::interrupted);
    return known && reader.at_end() ? std::optional(std::move(result)) : std::nullopt;
}

}  // namespace moonwire::sweep
