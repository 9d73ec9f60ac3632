#include "host/tls/verify_error.hpp"

#include "host/tls/certificate.hpp"
#include "host/tls/date.hpp"

#include <algorithm>

namespace moonwire::tls {

namespace {

struct Words {
    int error;
    std::string_view word;
    const char* reason;
};

constexpr const char* no_trusted_issuer = "none of the trusted authorities has signed the certificate";
constexpr const char* other_host = "the certificate is another host's";

constexpr Words table[] = {
    {X509_V_ERR_CERT_HAS_EXPIRED, "certificate_expired", "the certificate has expired"},
    {X509_V_ERR_CERT_NOT_YET_VALID, "certificate_not_yet_valid", "the certificate is not valid yet"},
    {X509_V_ERR_CERT_REVOKED, "certificate_revoked", "the certificate was revoked by its issuer"},
    {X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT, "self_signed_certificate",
     "the certificate is self-signed, and not itself trusted"},
    {X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN, "unknown_authority",
     "the authority at the end of the chain is none of the trusted ones"},
    {X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT, "unknown_authority", no_trusted_issuer},
    {X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY, "unknown_authority", no_trusted_issuer},
    {X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE, "unknown_authority", no_trusted_issuer},
    {X509_V_ERR_CERT_UNTRUSTED, "unknown_authority", no_trusted_issuer},
    {X509_V_ERR_HOSTNAME_MISMATCH, "wrong_host_name", other_host},
    {X509_V_ERR_IP_ADDRESS_MISMATCH, "wrong_host_name", other_host},
    {X509_V_ERR_INVALID_PURPOSE, "wrong_purpose",
     "the certificate was not made for this purpose (keyUsage, extendedKeyUsage)"},
    {X509_V_ERR_INVALID_CA, "wrong_purpose", "the certificate has signed another one, but is no authority's (CA)"},
    {X509_V_ERR_KEYUSAGE_NO_CERTSIGN, "wrong_purpose",
     "the certificate has signed another one, but its keyUsage does not permit that"},
    {X509_V_ERR_PATH_LENGTH_EXCEEDED, "wrong_purpose",
     "the authority has signed another authority, but its pathlen does not permit that"},
    {X509_V_ERR_CERT_SIGNATURE_FAILURE, "bad_signature",
     "the certificate's signature is not its issuer's: it was changed, or another key has signed it"},
    {X509_V_ERR_UNABLE_TO_DECRYPT_CERT_SIGNATURE, "bad_signature", "the certificate's signature is damaged"},
    {X509_V_ERR_EE_KEY_TOO_SMALL, "weak_key", "the certificate's key is too short to be safe"},
    {X509_V_ERR_CA_KEY_TOO_SMALL, "weak_key", "the authority's key is too short to be safe"},
    {X509_V_ERR_CA_MD_TOO_WEAK, "weak_signature", "the certificate is signed with a digest that is not safe any more"},
};

const Words* find_words(int value)
{
    for (const Words& words : table) {
        if (words.error == value) {
            return &words;
        }
    }
    return nullptr;
}

class Category final : public net::ErrorCategory
{
public:
    const char* name() const noexcept override { return "moonwire.tls.verify"; }

    std::string message(int value) const override
    {
        const Words* words = find_words(value);
        return words != nullptr ? words->reason : X509_verify_cert_error_string(value);
    }

    std::string_view word(int value) const override
    {
        const Words* words = find_words(value);
        return words != nullptr ? words->word : "bad_certificate";
    }
};

// Names come from the peer: they may be long, and say things to a terminal.
std::string harmless(std::string text)
{
    constexpr std::size_t enough = 200;
    const auto continues = [](char c) { return (static_cast<unsigned char>(c) & 0xc0) == 0x80; };  // UTF-8
    if (text.size() > enough) {
        std::size_t size = enough;
        while (size > 0 && continues(text[size])) {
            --size;
        }
        text = text.substr(0, size) + "…";
    }
    std::replace_if(
        text.begin(), text.end(), [](char c) { return (c >= 0 && c < ' ') || c == 0x7f; }, '?');
    return text;
}

std::string names_of(const X509* certificate)
{
    std::string list;
    for (const std::string& name : Certificate::share(const_cast<X509*>(certificate)).info().names) {
        list += (list.empty() ? "it is for " : ", ") + name;
    }
    return list.empty() ? "it has no subjectAltName" : harmless(list);
}

}  // namespace

error_code verify_error(long x509_v_err)
{
    static const Category category;
    return {static_cast<int>(x509_v_err), category};
}

std::string verify_reason(long x509_v_err, const X509* certificate, const std::string& host_name)
{
    const error_code error = verify_error(x509_v_err);
    if (certificate == nullptr) {
        return error.message();
    }
    std::string details = harmless(to_string(X509_get_subject_name(certificate)));
    const std::string_view word = net::code_word(error);
    if (word == "certificate_expired") {
        details += ", valid until " + date(X509_get0_notAfter(certificate));
    } else if (word == "certificate_not_yet_valid") {
        details += ", valid from " + date(X509_get0_notBefore(certificate));
    } else if (word == "unknown_authority") {
        details += ", issued by " + harmless(to_string(X509_get_issuer_name(certificate)));
    } else if (word == "wrong_host_name") {
        details += ", " + names_of(certificate) + ", not for " + host_name;
    }
    return error.message() + " (" + details + ")";
}

}  // namespace moonwire::tls
