#include "host/tls/openssl.hpp"

#include <openssl/err.h>

#include <array>
#include <limits>
#include <stdexcept>

namespace moonwire::tls {

std::string openssl_reason()
{
    const unsigned long first = ERR_get_error();  // the first is the cause, the others say who passed it on
    ERR_clear_error();
    const char* text = first == 0 ? nullptr : ERR_reason_error_string(first);
    return text == nullptr ? "unknown reason" : text;
}

void openssl_failed(const std::string& what)
{
    throw std::runtime_error(what + ": " + openssl_reason());
}

BioPtr reading(std::string_view text)
{
    if (text.size() > std::numeric_limits<int>::max()) {
        throw std::length_error("OpenSSL reads texts below 2 GiB only");
    }
    return BioPtr(required(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())), "BIO_new_mem_buf"));
}

BioPtr writing()
{
    return BioPtr(required(BIO_new(BIO_s_mem()), "BIO_new"));
}

std::string written(BIO* memory)
{
    char* data = nullptr;
    const long size = BIO_get_mem_data(memory, &data);
    return size > 0 ? std::string(data, static_cast<std::size_t>(size)) : std::string();
}

std::string fingerprint(std::string_view bytes, const EVP_MD* digest)
{
    std::array<unsigned char, EVP_MAX_MD_SIZE> hash{};
    unsigned int size = 0;
    require(EVP_Digest(bytes.data(), bytes.size(), hash.data(), &size, digest, nullptr), "EVP_Digest");
    static constexpr char digits[] = "0123456789ABCDEF";
    std::string text;
    for (unsigned int i = 0; i < size; ++i) {
        if (i > 0) {
            text += ':';
        }
        text += digits[hash[i] >> 4];
        text += digits[hash[i] & 15];
    }
    return text;
}

}  // namespace moonwire::tls
