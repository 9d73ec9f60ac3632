#include "host/websocket/deflate_offer.hpp"

#include <algorithm>
#include <stdexcept>

namespace moonwire::websocket {

namespace {

constexpr std::string_view extension_name = "permessage-deflate";
constexpr int most_bits = 15;

/// The parameters of an offer or an answer (RFC 7692, section 7.1).
struct Parameters {
    bool server_no_context_takeover = false;
    bool client_no_context_takeover = false;
    std::optional<int> server_max_window_bits;
    std::optional<int> client_max_window_bits;
    bool client_max_window_bits_without_value = false;
};

/// 8 to 15, without leading zeros.
std::optional<int> window_bits(const std::optional<std::string>& value)
{
    for (int bits = 8; value && bits <= most_bits; ++bits) {
        if (*value == std::to_string(bits)) {
            return bits;
        }
    }
    return std::nullopt;
}

bool read(const ExtensionParameter& parameter, Parameters& into)
{
    if (parameter.name == "server_no_context_takeover") {
        into.server_no_context_takeover = true;
        return !parameter.value;
    }
    if (parameter.name == "client_no_context_takeover") {
        into.client_no_context_takeover = true;
        return !parameter.value;
    }
    if (parameter.name == "server_max_window_bits") {
        into.server_max_window_bits = window_bits(parameter.value);
        return into.server_max_window_bits.has_value();
    }
    if (parameter.name == "client_max_window_bits") {
        into.client_max_window_bits = window_bits(parameter.value);
        into.client_max_window_bits_without_value = !parameter.value;
        return into.client_max_window_bits.has_value() || !parameter.value;
    }
    return false;
}

Failure wrong_answer(const std::string& why)
{
    return {errc::bad_upgrade, "the server's Sec-WebSocket-Extensions: " + why};
}

Result<Parameters> read(const Extension& extension)
{
    Parameters parameters;
    for (auto at = extension.parameters.begin(); at != extension.parameters.end(); ++at) {
        const bool repeated = std::any_of(extension.parameters.begin(), at,
                                          [&](const ExtensionParameter& earlier) { return earlier.name == at->name; });
        if (repeated) {
            return wrong_answer("'" + at->name.substr(0, 80) + "' is there twice");
        }
        if (!read(*at, parameters)) {
            const std::string value = at->value ? "=" + at->value->substr(0, 80) : "";
            return wrong_answer("permessage-deflate has no parameter '" + at->name.substr(0, 80) + value + "'");
        }
    }
    return parameters;
}

std::string bits_parameter(std::string_view name, int bits)
{
    return "; " + std::string(name) + "=" + std::to_string(bits);
}

std::optional<DeflateAnswer> answer(const Parameters& offer, const DeflateOptions& options)
{
    const bool client_can_be_limited = offer.client_max_window_bits || offer.client_max_window_bits_without_value;
    if (options.peer_window_bits < most_bits && !client_can_be_limited) {
        return std::nullopt;
    }
    DeflateAnswer answer{std::string(extension_name), {}};
    DeflateParameters& agreed = answer.parameters;
    agreed.context_takeover = options.context_takeover && !offer.server_no_context_takeover;
    agreed.peer_context_takeover = options.peer_context_takeover && !offer.client_no_context_takeover;
    agreed.window_bits = std::min(options.window_bits, offer.server_max_window_bits.value_or(most_bits));
    agreed.peer_window_bits = std::min(options.peer_window_bits, offer.client_max_window_bits.value_or(most_bits));
    if (!agreed.context_takeover) {
        answer.field += "; server_no_context_takeover";
    }
    if (!agreed.peer_context_takeover) {
        answer.field += "; client_no_context_takeover";
    }
    if (offer.server_max_window_bits || agreed.window_bits < most_bits) {
        answer.field += bits_parameter("server_max_window_bits", agreed.window_bits);
    }
    if (agreed.peer_window_bits < most_bits) {
        answer.field += bits_parameter("client_max_window_bits", agreed.peer_window_bits);
    }
    return answer;
}

void check_range(const char* name, int value, int least, int most)
{
    if (value < least || value > most) {
        throw std::invalid_argument("deflate: " + std::string(name) + ": expected " + std::to_string(least) + " to " +
                                    std::to_string(most) + ", got " + std::to_string(value));
    }
}

}  // namespace

void check(const DeflateOptions& options)
{
    check_range("window_bits", options.window_bits, 9, most_bits);
    check_range("peer_window_bits", options.peer_window_bits, 8, most_bits);
    check_range("level", options.level, 1, 9);
    check_range("memory_level", options.memory_level, 1, 9);
}

std::string deflate_offer(const DeflateOptions& options)
{
    std::string offer(extension_name);
    if (!options.peer_context_takeover) {
        offer += "; server_no_context_takeover";
    }
    if (!options.context_takeover) {
        offer += "; client_no_context_takeover";
    }
    if (options.peer_window_bits < most_bits) {
        offer += bits_parameter("server_max_window_bits", options.peer_window_bits);
    }
    // Always there, so that the server may ask for less.
    return offer + (options.window_bits < most_bits ? bits_parameter("client_max_window_bits", options.window_bits)
                                                    : "; client_max_window_bits");
}

std::optional<DeflateAnswer> answer_deflate_offers(const std::vector<Extension>& offers, const DeflateOptions& options)
{
    if (!options.enabled) {
        return std::nullopt;
    }
    for (const Extension& offer : offers) {
        if (offer.name != extension_name) {
            continue;
        }
        const auto parameters = read(offer);
        auto accepted = parameters ? answer(*parameters, options) : std::nullopt;
        if (accepted) {
            return accepted;
        }
    }
    return std::nullopt;
}

Result<std::optional<DeflateParameters>> check_extension_answer(const std::vector<Extension>& answer,
                                                                const DeflateOptions& offered)
{
    if (answer.empty()) {
        return std::optional<DeflateParameters>();
    }
    for (const Extension& extension : answer) {
        if (extension.name != extension_name || !offered.enabled) {
            return wrong_answer("'" + extension.name.substr(0, 80) + "' was not offered");
        }
    }
    if (answer.size() > 1) {
        return wrong_answer("permessage-deflate is there twice");
    }
    const auto read_answer = read(answer.front());
    if (!read_answer) {
        return read_answer.error();
    }
    const Parameters& parameters = *read_answer;
    if (!offered.peer_context_takeover && !parameters.server_no_context_takeover) {
        return wrong_answer("server_no_context_takeover was asked for and is missing");
    }
    if (parameters.server_max_window_bits.value_or(most_bits) > offered.peer_window_bits) {
        return wrong_answer("server_max_window_bits=" + std::to_string(offered.peer_window_bits) +
                            " was asked for, and the answer allows itself more");
    }
    if (parameters.client_max_window_bits_without_value) {
        return wrong_answer("client_max_window_bits has no value");
    }
    if (parameters.client_max_window_bits.value_or(0) > offered.window_bits) {
        return wrong_answer("client_max_window_bits=" + std::to_string(*parameters.client_max_window_bits) +
                            " is more than was offered");
    }
    return DeflateParameters{
        parameters.client_max_window_bits.value_or(offered.window_bits),
        parameters.server_max_window_bits.value_or(most_bits),
        offered.context_takeover && !parameters.client_no_context_takeover,
        !parameters.server_no_context_takeover,
    };
}

}  // namespace moonwire::websocket
