#include "host/tls/host_names.hpp"

#include <arpa/inet.h>
#include <openssl/err.h>

#include <algorithm>
#include <array>
#include <stdexcept>
#include <string_view>

namespace moonwire::tls {

namespace {

constexpr std::size_t longest_dns_name = 253;  // RFC 1035, section 2.3.4, as text without the final dot

void check_dns_name(const std::string& name)
{
    const bool printable = std::all_of(name.begin(), name.end(), [](char c) { return c > ' ' && c < 0x7f; });
    if (name.empty() || name.size() > longest_dns_name || !printable) {
        throw std::invalid_argument("names: \"" + name.substr(0, 80) +
                                    "\" is neither an address nor a DNS name (ASCII; other letters as \"xn--…\")");
    }
}

OctetStringPtr read_address(const std::string& name)
{
    const bool whole = name.find('\0') == std::string::npos;
    OctetStringPtr address(whole ? a2i_IPADDRESS(name.c_str()) : nullptr);
    ERR_clear_error();
    return address;
}

GENERAL_NAME* make_general_name(const std::string& name)
{
    OctetStringPtr address = read_address(name);
    if (!address) {
        check_dns_name(name);
    }
    GENERAL_NAME* general = required(GENERAL_NAME_new(), "GENERAL_NAME_new");
    if (address) {
        GENERAL_NAME_set0_value(general, GEN_IPADD, address.release());
    } else {
        ASN1_IA5STRING* text = required(ASN1_IA5STRING_new(), "ASN1_IA5STRING_new");
        require(ASN1_STRING_set(text, name.data(), static_cast<int>(name.size())), "ASN1_STRING_set");
        GENERAL_NAME_set0_value(general, GEN_DNS, text);
    }
    return general;
}

std::string address_text(const ASN1_OCTET_STRING* address)
{
    const int size = ASN1_STRING_length(address);
    std::array<char, INET6_ADDRSTRLEN> text{};
    if (size != 4 && size != 16) {
        return "";
    }
    const int family = size == 4 ? AF_INET : AF_INET6;
    return ::inet_ntop(family, ASN1_STRING_get0_data(address), text.data(), text.size());
}

}  // namespace

ExtensionPtr make_alternative_names(const std::vector<std::string>& names)
{
    GeneralNamesPtr list(required(GENERAL_NAMES_new(), "GENERAL_NAMES_new"));
    for (const std::string& name : names) {
        require(sk_GENERAL_NAME_push(list.get(), make_general_name(name)), "sk_GENERAL_NAME_push");
    }
    return ExtensionPtr(required(X509V3_EXT_i2d(NID_subject_alt_name, 0, list.get()), "write subjectAltName"));
}

std::vector<std::string> read_alternative_names(const GENERAL_NAMES* names)
{
    std::vector<std::string> result;
    for (int i = 0; i < sk_GENERAL_NAME_num(names); ++i) {
        int type = 0;
        const auto* value =
            static_cast<const ASN1_STRING*>(GENERAL_NAME_get0_value(sk_GENERAL_NAME_value(names, i), &type));
        if (type == GEN_DNS) {
            result.emplace_back(reinterpret_cast<const char*>(ASN1_STRING_get0_data(value)),
                                static_cast<std::size_t>(ASN1_STRING_length(value)));
        } else if (type == GEN_IPADD) {
            result.push_back(address_text(value));
        }
    }
    return result;
}

bool is_address(const std::string& name)
{
    return read_address(name) != nullptr;
}

}  // namespace moonwire::tls
