#include "host/attach/message.hpp"

#include <stdexcept>

namespace moonwire::attach {

namespace {

constexpr std::size_t length_size = 4;

void append_length(std::string& bytes, std::size_t length)
{
    for (int shift = 24; shift >= 0; shift -= 8) {
        bytes += static_cast<char>(length >> shift & 0xFF);
    }
}

std::size_t read_length(std::string_view bytes)
{
    std::size_t length = 0;
    for (std::size_t i = 0; i < length_size; ++i) {
        length = length << 8 | static_cast<unsigned char>(bytes[i]);
    }
    return length;
}

Message::Kind read_kind(char byte)
{
    const auto number = static_cast<std::uint8_t>(byte);
    if (number < static_cast<std::uint8_t>(Message::Kind::hello) ||
        number > static_cast<std::uint8_t>(Message::Kind::farewell)) {
        throw std::runtime_error("a message of an unknown kind");
    }
    return static_cast<Message::Kind>(number);
}

Message read(std::string_view body)
{
    Message message{read_kind(body.front())};
    body.remove_prefix(1);
    while (!body.empty()) {
        if (body.size() < length_size || read_length(body) > body.size() - length_size) {
            throw std::runtime_error("a message with a text that is longer than it");
        }
        if (message.texts.size() == max_texts) {
            throw std::runtime_error("a message of too many texts");
        }
        const std::size_t length = read_length(body);
        message.texts.emplace_back(body.substr(length_size, length));
        body.remove_prefix(length_size + length);
    }
    return message;
}

}  // namespace

std::string encode(const Message& message)
{
    std::string body(1, static_cast<char>(message.kind));
    for (const std::string& text : message.texts) {
        append_length(body, text.size());
        body += text;
    }
    std::string bytes;
    append_length(bytes, body.size());
    return bytes + body;
}

std::optional<Message> Decoder::next()
{
    if (bytes_.size() < length_size) {
        return std::nullopt;
    }
    const std::size_t length = read_length(bytes_);
    if (length == 0 || length > max_message - length_size) {
        throw std::runtime_error("a message of an impossible length");
    }
    if (bytes_.size() - length_size < length) {
        return std::nullopt;
    }
    Message message = read(std::string_view(bytes_).substr(length_size, length));
    bytes_.erase(0, length_size + length);
    return message;
}

}  // namespace moonwire::attach
