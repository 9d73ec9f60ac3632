#include "host/tls/pem.hpp"

#include "host/tls/openssl.hpp"

#include <openssl/err.h>
#include <openssl/pem.h>

#include <algorithm>

namespace moonwire::tls {

namespace {

constexpr std::size_t longest_label = 64;  // what claims more is no label, and not for messages

}  // namespace

Result<std::vector<PemBlock>> read_pem(std::string_view text, const std::string& source, errc kind)
{
    const auto bio = reading(text);
    std::vector<PemBlock> blocks;
    for (;;) {
        char* label = nullptr;
        char* header = nullptr;
        unsigned char* data = nullptr;
        long size = 0;
        if (PEM_read_bio(bio.get(), &label, &header, &data, &size) != 1) {
            const bool at_end = ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE;
            const std::string reason = openssl_reason();
            if (at_end) {
                return blocks;
            }
            const auto labels = pem_labels(text);
            const std::string damaged = labels.size() > blocks.size() ? labels[blocks.size()] : "PEM block";
            const auto number = 1 + std::count_if(blocks.begin(), blocks.end(),
                                                  [&](const PemBlock& block) { return block.label == damaged; });
            return Failure{kind, source + ": " + damaged + " " + std::to_string(number) + " is damaged: " + reason};
        }
        blocks.push_back({label, std::string(reinterpret_cast<char*>(data), static_cast<std::size_t>(size))});
        OPENSSL_free(label);
        OPENSSL_free(header);
        OPENSSL_clear_free(data, static_cast<std::size_t>(size));
    }
}

std::vector<std::string> pem_labels(std::string_view text)
{
    constexpr std::string_view begin = "-----BEGIN ";
    std::vector<std::string> labels;
    for (auto at = text.find(begin); at != std::string_view::npos; at = text.find(begin, at)) {
        at += begin.size();
        const auto end = text.find("-----", at);
        const auto line_end = text.find('\n', at);
        if (end < line_end && end - at <= longest_label) {
            labels.emplace_back(text.substr(at, end - at));
        }
    }
    return labels;
}

std::string lacks(std::string_view wanted, std::string_view text)
{
    const std::string none = "no " + std::string(wanted) + " in it";
    const auto labels = pem_labels(text);
    if (!labels.empty()) {
        std::string list;
        for (const auto& label : labels) {
            if (list.size() < 100) {
                list += (list.empty() ? "" : ", ") + label;
            }
        }
        return none + " (it has: " + list + ")";
    }
    constexpr char der_sequence = 0x30;
    if (!text.empty() && text.front() == der_sequence) {
        return none + " (it looks like DER; `openssl x509`, `openssl pkey` and `openssl req` convert that to PEM)";
    }
    return none + (text.empty() ? " (it is empty)" : " (nothing in it is PEM)");
}

}  // namespace moonwire::tls
