#include "host/websocket/key.hpp"

#include <openssl/evp.h>

#include <cstddef>
#include <stdexcept>

namespace moonwire::websocket {

namespace {

template <std::size_t size>
std::string base64(const std::array<unsigned char, size>& bytes)
{
    std::array<unsigned char, (size + 2) / 3 * 4 + 1> text;  // OpenSSL ends it with a zero
    const int length = EVP_EncodeBlock(text.data(), bytes.data(), static_cast<int>(size));
    return std::string(text.begin(), text.begin() + length);
}

}  // namespace

std::string key_of(const Nonce& nonce)
{
    return base64(nonce);
}

bool is_key(std::string_view text)
{
    constexpr std::string_view digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    constexpr std::size_t size = 22;
    return text.size() == size + 2 && text.find_first_not_of(digits) == size && text.substr(size) == "==";
}

std::string accept_of(std::string_view key)
{
    const std::string text = std::string(key) + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
    std::array<unsigned char, 20> hash{};
    if (EVP_Digest(text.data(), text.size(), hash.data(), nullptr, EVP_sha1(), nullptr) != 1) {
        throw std::runtime_error("OpenSSL refuses SHA-1, which WebSocket's handshake needs");
    }
    return base64(hash);
}

}  // namespace moonwire::websocket
