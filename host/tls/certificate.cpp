#include "host/tls/certificate.hpp"

#include "host/tls/file.hpp"
#include "host/tls/host_names.hpp"
#include "host/tls/pem.hpp"

#include <openssl/err.h>
#include <openssl/pem.h>

#include <algorithm>
#include <ctime>

namespace moonwire::tls {

namespace {

std::string serial_text(const X509* certificate)
{
    const BignumPtr number(
        required(ASN1_INTEGER_to_BN(X509_get0_serialNumber(certificate), nullptr), "ASN1_INTEGER_to_BN"));
    char* text = required(BN_bn2hex(number.get()), "BN_bn2hex");
    std::string result = text;
    OPENSSL_free(text);
    return result;
}

}  // namespace

Certificate Certificate::share(X509* certificate)
{
    X509_up_ref(certificate);
    return Certificate(X509Ptr(certificate));
}

CertificateInfo Certificate::info() const
{
    X509* certificate = get();
    CertificateInfo info;
    info.subject = to_string(X509_get_subject_name(certificate));
    info.subject_fields = read_x509_name(X509_get_subject_name(certificate));
    info.issuer = to_string(X509_get_issuer_name(certificate));
    info.issuer_fields = read_x509_name(X509_get_issuer_name(certificate));
    info.serial = serial_text(certificate);
    info.not_before = unix_seconds(X509_get0_notBefore(certificate));
    info.not_after = unix_seconds(X509_get0_notAfter(certificate));
    const GeneralNamesPtr names(
        static_cast<GENERAL_NAMES*>(X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr)));
    info.names = read_alternative_names(names.get());
    info.is_authority = X509_check_ca(certificate) != 0;
    if (EVP_PKEY* key = X509_get0_pubkey(certificate)) {
        info.key_type = key_type(key);
        info.key_bits = EVP_PKEY_get_bits(key);
        info.key_fingerprint = key_fingerprint(key);
    } else {
        info.key_type = "unknown";  // an algorithm that this OpenSSL does not have
    }
    info.signature_algorithm = OBJ_nid2ln(X509_get_signature_nid(certificate));
    const auto bio = writing();
    require(i2d_X509_bio(bio.get(), certificate), "write certificate");
    const std::string der = written(bio.get());
    info.sha256 = fingerprint(der, EVP_sha256());
    info.sha1 = fingerprint(der, EVP_sha1());
    ERR_clear_error();
    return info;
}

std::string Certificate::pem() const
{
    const auto bio = writing();
    require(PEM_write_bio_X509(bio.get(), get()), "write certificate");
    return written(bio.get());
}

bool Certificate::matches(const Key& key) const
{
    const EVP_PKEY* own = X509_get0_pubkey(get());
    const bool same = own != nullptr && EVP_PKEY_eq(own, key.get()) == 1;
    ERR_clear_error();
    return same;
}

Result<std::vector<Certificate>> read_certificates(std::string_view text, const std::string& source)
{
    const auto blocks = read_pem(text, source, errc::bad_certificate_file);
    if (!blocks) {
        return blocks.error();
    }
    std::vector<Certificate> certificates;
    for (const PemBlock& block : *blocks) {
        if (block.label == PEM_STRING_X509 || block.label == PEM_STRING_X509_OLD ||
            block.label == PEM_STRING_X509_TRUSTED) {
            const auto* data = reinterpret_cast<const unsigned char*>(block.der.data());
            X509Ptr certificate(d2i_X509_AUX(nullptr, &data, static_cast<long>(block.der.size())));
            if (!certificate) {
                return Failure{errc::bad_certificate_file, source + ": certificate " +
                                                               std::to_string(certificates.size() + 1) +
                                                               " is damaged: " + openssl_reason()};
            }
            certificates.emplace_back(std::move(certificate));
        }
    }
    if (certificates.empty()) {
        return Failure{errc::bad_certificate_file, source + ": " + lacks("certificate", text)};
    }
    return certificates;
}

Result<std::vector<Certificate>> load_certificates(const std::string& path)
{
    const auto text = read_file(path);
    return text ? read_certificates(*text, path) : Result<std::vector<Certificate>>(text.error());
}

Failure save_certificates(const std::string& path, const std::vector<Certificate>& certificates)
{
    std::string text;
    for (const Certificate& certificate : certificates) {
        text += certificate.pem();
    }
    return write_file(path, text, Secrecy::open);
}

std::int64_t unix_seconds(const ASN1_TIME* time)
{
    std::tm parts{};
    return ASN1_TIME_to_tm(time, &parts) == 1 ? ::timegm(&parts) : 0;
}

}  // namespace moonwire::tls
