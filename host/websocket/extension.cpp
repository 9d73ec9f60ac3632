#include "host/websocket/extension.hpp"

#include <algorithm>

namespace moonwire::websocket {

namespace {

// RFC 7230, section 3.2.6.
bool is_token_character(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           (c != '\0' && std::string_view("!#$%&'*+-.^_`|~").find(c) != std::string_view::npos);
}

/// Reads a field from its front.
class Scanner
{
public:
    explicit Scanner(std::string_view text) : rest_(text) { skip_space(); }

    bool at_end() const { return rest_.empty(); }

    bool take(char c)
    {
        if (rest_.empty() || rest_.front() != c) {
            return false;
        }
        rest_.remove_prefix(1);
        skip_space();
        return true;
    }

    /// Empty if there is none.
    std::string token()
    {
        const auto end = std::find_if_not(rest_.begin(), rest_.end(), is_token_character);
        std::string text(rest_.begin(), end);
        rest_.remove_prefix(text.size());
        skip_space();
        return text;
    }

    /// A token, in quotes or without. (What is in the quotes must be a token, too.) Empty if there is none.
    std::string value()
    {
        if (rest_.empty() || rest_.front() != '"') {
            return token();
        }
        std::string text;
        std::size_t at = 1;
        for (; at < rest_.size() && rest_[at] != '"'; ++at) {
            if (rest_[at] == '\\') {
                ++at;
            }
            if (at == rest_.size() || !is_token_character(rest_[at])) {
                return {};
            }
            text += rest_[at];
        }
        if (at == rest_.size()) {
            return {};
        }
        rest_.remove_prefix(at + 1);
        skip_space();
        return text;
    }

private:
    void skip_space() { rest_.remove_prefix(std::min(rest_.find_first_not_of(" \t"), rest_.size())); }

    std::string_view rest_;
};

std::optional<ExtensionParameter> parse_parameter(Scanner& scanner)
{
    ExtensionParameter parameter{scanner.token(), std::nullopt};
    if (parameter.name.empty()) {
        return std::nullopt;
    }
    if (scanner.take('=')) {
        parameter.value = scanner.value();
        if (parameter.value->empty()) {
            return std::nullopt;
        }
    }
    return parameter;
}

std::optional<Extension> parse_extension(Scanner& scanner)
{
    Extension extension{scanner.token(), {}};
    if (extension.name.empty()) {
        return std::nullopt;
    }
    while (scanner.take(';')) {
        auto parameter = parse_parameter(scanner);
        if (!parameter) {
            return std::nullopt;
        }
        extension.parameters.push_back(std::move(*parameter));
    }
    return extension;
}

}  // namespace

std::optional<std::vector<Extension>> parse_extensions(std::string_view field)
{
    Scanner scanner(field);
    std::vector<Extension> extensions;
    while (!scanner.at_end()) {
        if (scanner.take(',')) {
            continue;
        }
        auto extension = parse_extension(scanner);
        if (!extension || !(scanner.at_end() || scanner.take(','))) {
            return std::nullopt;
        }
        extensions.push_back(std::move(*extension));
    }
    return extensions;
}

}  // namespace moonwire::websocket
