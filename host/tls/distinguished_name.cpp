#include "host/tls/distinguished_name.hpp"

#include <openssl/err.h>

#include <stdexcept>

namespace moonwire::tls {

DistinguishedName parse_distinguished_name(std::string_view text)
{
    const auto refuse = [&] {
        throw std::invalid_argument("subject: expected a text like /C=SE/O=Lab/CN=localhost, got \"" +
                                    std::string(text.substr(0, 80)) + "\"");
    };
    DistinguishedName name;
    if (text.empty() || text.front() != '/') {
        refuse();
    }
    for (std::size_t at = 1; at < text.size();) {
        std::string field;
        for (; at < text.size() && text[at] != '/'; ++at) {
            if (text[at] == '\\' && at + 1 < text.size()) {
                ++at;
            }
            field += text[at];
        }
        ++at;
        const auto equals = field.find('=');
        if (equals == std::string::npos || equals == 0) {
            refuse();
        }
        name.emplace_back(field.substr(0, equals), field.substr(equals + 1));
    }
    return name;
}

X509NamePtr make_x509_name(const DistinguishedName& name)
{
    X509NamePtr result(required(X509_NAME_new(), "X509_NAME_new"));
    for (const auto& [field, value] : name) {
        if (OBJ_txt2nid(field.c_str()) == NID_undef) {
            ERR_clear_error();
            throw std::invalid_argument("subject: unknown field \"" + field +
                                        "\" (usual are C, ST, L, O, OU, CN and emailAddress)");
        }
        const auto* bytes = reinterpret_cast<const unsigned char*>(value.data());
        if (X509_NAME_add_entry_by_txt(result.get(), field.c_str(), MBSTRING_UTF8, bytes,
                                       static_cast<int>(value.size()), -1, 0) != 1) {
            throw std::invalid_argument("subject: " + field + " cannot be \"" + value.substr(0, 80) +
                                        "\": " + openssl_reason());
        }
    }
    return result;
}

DistinguishedName read_x509_name(const X509_NAME* name)
{
    DistinguishedName result;
    for (int i = 0; i < X509_NAME_entry_count(name); ++i) {
        const X509_NAME_ENTRY* entry = X509_NAME_get_entry(name, i);
        const ASN1_OBJECT* object = X509_NAME_ENTRY_get_object(entry);
        const int known = OBJ_obj2nid(object);
        char number[80] = "";
        OBJ_obj2txt(number, sizeof number, object, 1);
        unsigned char* text = nullptr;
        const int size = ASN1_STRING_to_UTF8(&text, X509_NAME_ENTRY_get_data(entry));
        if (size >= 0) {
            result.emplace_back(known == NID_undef ? number : OBJ_nid2sn(known),
                                std::string(reinterpret_cast<char*>(text), static_cast<std::size_t>(size)));
            OPENSSL_free(text);
        } else {
            ERR_clear_error();  // a damaged string of a foreign certificate
        }
    }
    return result;
}

std::string to_string(const X509_NAME* name)
{
    const auto bio = writing();
    constexpr unsigned long printable_utf8 = XN_FLAG_RFC2253 & ~ASN1_STRFLGS_ESC_MSB;
    X509_NAME_print_ex(bio.get(), name, 0, printable_utf8);
    ERR_clear_error();
    return written(bio.get());
}

}  // namespace moonwire::tls
