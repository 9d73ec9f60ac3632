#include "host/tls/issue.hpp"

#include "host/tls/host_names.hpp"

#include <stdexcept>

namespace moonwire::tls {

namespace {

// What a GeneralizedTime can say, as seconds since 1970; OpenSSL does not check it.
constexpr std::int64_t first_second = -62'135'596'800;
constexpr std::int64_t last_second = 253'402'300'799;

constexpr int serial_bits = 128;  // RFC 5280, section 4.1.2.2: at most 20 octets, never twice

void set_random_serial(X509* certificate)
{
    const BignumPtr number(required(BN_new(), "BN_new"));
    require(BN_rand(number.get(), serial_bits, BN_RAND_TOP_ANY, BN_RAND_BOTTOM_ANY), "random serial number");
    require(BN_to_ASN1_INTEGER(number.get(), X509_get_serialNumber(certificate)) != nullptr, "set serial number");
}

void add_extension(X509* certificate, X509V3_CTX& context, int kind, const char* value)
{
    const ExtensionPtr extension(required(X509V3_EXT_nconf_nid(nullptr, &context, kind, value), "make extension"));
    require(X509_add_ext(certificate, extension.get(), -1), "add extension");
}

void set_content(X509* certificate, const CertificateContent& content, EVP_PKEY* public_key)
{
    if (content.not_before < first_second || content.not_after > last_second ||
        content.not_after < content.not_before) {
        throw std::invalid_argument("not_before, not_after: expected times in order, from the year 1 to 9999");
    }
    require(X509_set_version(certificate, X509_VERSION_3), "X509_set_version");
    set_random_serial(certificate);
    require(X509_set_subject_name(certificate, make_x509_name(content.subject).get()), "X509_set_subject_name");
    require(X509_set_pubkey(certificate, public_key), "X509_set_pubkey");
    required(ASN1_TIME_set(X509_getm_notBefore(certificate), content.not_before), "ASN1_TIME_set");
    required(ASN1_TIME_set(X509_getm_notAfter(certificate), content.not_after), "ASN1_TIME_set");
}

void add_extensions(X509* certificate, const CertificateContent& content, X509* issuer)
{
    X509V3_CTX context;
    X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
    const auto add = [&](int kind, const char* value) { add_extension(certificate, context, kind, value); };
    if (content.authority) {
        add(NID_basic_constraints, "critical,CA:TRUE");
        add(NID_key_usage, "critical,keyCertSign,cRLSign");
    } else {
        const bool rsa = EVP_PKEY_get_base_id(X509_get0_pubkey(certificate)) == EVP_PKEY_RSA;
        add(NID_basic_constraints, "critical,CA:FALSE");
        add(NID_key_usage, rsa ? "critical,digitalSignature,keyEncipherment" : "critical,digitalSignature");
        add(NID_ext_key_usage, "serverAuth,clientAuth");
    }
    add(NID_subject_key_identifier, "hash");
    if (X509_get_ext_by_NID(issuer, NID_subject_key_identifier, -1) >= 0) {
        add(NID_authority_key_identifier, "keyid:always");
    }
    if (!content.names.empty()) {
        require(X509_add_ext(certificate, make_alternative_names(content.names).get(), -1), "add subjectAltName");
    }
}

// `issuer` may be the certificate itself.
void sign(X509* certificate, const CertificateContent& content, X509* issuer, EVP_PKEY* issuer_key)
{
    require(X509_set_issuer_name(certificate, X509_get_subject_name(issuer)), "X509_set_issuer_name");
    add_extensions(certificate, content, issuer);
    require(X509_sign(certificate, issuer_key, signing_digest(issuer_key)), "sign certificate");
}

}  // namespace

Certificate issue_self_signed(const CertificateContent& content, const Key& key)
{
    X509Ptr certificate(required(X509_new(), "X509_new"));
    set_content(certificate.get(), content, key.get());
    sign(certificate.get(), content, certificate.get(), key.get());
    return Certificate(std::move(certificate));
}

Result<Certificate> issue(const CertificateContent& content, EVP_PKEY* public_key, const Certificate& issuer,
                          const Key& issuer_key)
{
    if (!issuer.matches(issuer_key)) {
        return Failure{errc::key_mismatch, "the authority's private key does not belong to " +
                                               to_string(X509_get_subject_name(issuer.get()))};
    }
    X509Ptr certificate(required(X509_new(), "X509_new"));
    set_content(certificate.get(), content, public_key);
    sign(certificate.get(), content, issuer.get(), issuer_key.get());
    return Certificate(std::move(certificate));
}

}  // namespace moonwire::tls
