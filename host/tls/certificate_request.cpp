#include "host/tls/certificate_request.hpp"

#include "host/tls/file.hpp"
#include "host/tls/host_names.hpp"
#include "host/tls/pem.hpp"

#include <openssl/pem.h>

#include <algorithm>

namespace moonwire::tls {

namespace {

void free_extensions(STACK_OF(X509_EXTENSION) * extensions)
{
    sk_X509_EXTENSION_pop_free(extensions, X509_EXTENSION_free);
}

using ExtensionsPtr = std::unique_ptr<STACK_OF(X509_EXTENSION), Free<free_extensions>>;

}  // namespace

CertificateRequest::CertificateRequest(const Key& key, const DistinguishedName& subject,
                                       const std::vector<std::string>& names)
{
    X509ReqPtr request(required(X509_REQ_new(), "X509_REQ_new"));
    require(X509_REQ_set_version(request.get(), X509_REQ_VERSION_1), "X509_REQ_set_version");
    require(X509_REQ_set_subject_name(request.get(), make_x509_name(subject).get()), "X509_REQ_set_subject_name");
    require(X509_REQ_set_pubkey(request.get(), key.get()), "X509_REQ_set_pubkey");
    if (!names.empty()) {
        const ExtensionsPtr extensions(required(sk_X509_EXTENSION_new_null(), "sk_X509_EXTENSION_new"));
        require(sk_X509_EXTENSION_push(extensions.get(), make_alternative_names(names).release()),
                "sk_X509_EXTENSION_push");
        require(X509_REQ_add_extensions(request.get(), extensions.get()), "X509_REQ_add_extensions");
    }
    require(X509_REQ_sign(request.get(), key.get(), signing_digest(key.get())), "sign request");
    request_ = std::move(request);
}

std::string CertificateRequest::subject() const
{
    return to_string(X509_REQ_get_subject_name(get()));
}

DistinguishedName CertificateRequest::subject_fields() const
{
    return read_x509_name(X509_REQ_get_subject_name(get()));
}

std::vector<std::string> CertificateRequest::names() const
{
    const ExtensionsPtr extensions(X509_REQ_get_extensions(get()));
    const GeneralNamesPtr names(
        static_cast<GENERAL_NAMES*>(X509V3_get_d2i(extensions.get(), NID_subject_alt_name, nullptr, nullptr)));
    return read_alternative_names(names.get());
}

EVP_PKEY* CertificateRequest::public_key() const
{
    return X509_REQ_get0_pubkey(get());
}

std::string CertificateRequest::pem() const
{
    const auto bio = writing();
    require(PEM_write_bio_X509_REQ(bio.get(), get()), "write request");
    return written(bio.get());
}

Failure CertificateRequest::save(const std::string& path) const
{
    return write_file(path, pem(), Secrecy::open);
}

Result<CertificateRequest> CertificateRequest::read(std::string_view text, const std::string& source)
{
    const auto blocks = read_pem(text, source, errc::bad_certificate_file);
    if (!blocks) {
        return blocks.error();
    }
    const auto fail = [&](const std::string& why) { return Failure{errc::bad_certificate_file, source + ": " + why}; };
    const auto block = std::find_if(blocks->begin(), blocks->end(), [](const PemBlock& each) {
        return each.label == PEM_STRING_X509_REQ || each.label == PEM_STRING_X509_REQ_OLD;
    });
    if (block == blocks->end()) {
        return fail(lacks("certificate request", text));
    }
    const auto* data = reinterpret_cast<const unsigned char*>(block->der.data());
    X509ReqPtr request(d2i_X509_REQ(nullptr, &data, static_cast<long>(block->der.size())));
    if (!request) {
        return fail("the certificate request is damaged: " + openssl_reason());
    }
    EVP_PKEY* key = X509_REQ_get0_pubkey(request.get());
    if (key == nullptr) {
        return fail("the public key of the certificate request cannot be used: " + openssl_reason());
    }
    if (X509_REQ_verify(request.get(), key) != 1) {
        openssl_reason();
        return fail("the certificate request is not signed with the key that it names");
    }
    return CertificateRequest(std::move(request));
}

Result<CertificateRequest> CertificateRequest::load(const std::string& path)
{
    const auto text = read_file(path);
    return text ? read(*text, path) : Result<CertificateRequest>(text.error());
}

}  // namespace moonwire::tls
