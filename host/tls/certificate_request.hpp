#pragma once

#include "host/tls/distinguished_name.hpp"
#include "host/tls/error.hpp"
#include "host/tls/key.hpp"
#include "host/tls/openssl.hpp"

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace moonwire::tls {

/// A request for a certificate (PKCS#10, RFC 2986, "CSR"). Every object of this class is signed with the key that it
/// names: who made it has that key. Does not change, so copies share it, in any thread.
class CertificateRequest
{
public:
    /// Makes one; `names` are the DNS names and addresses that the certificate is to have, and may be none. Throws
    /// std::invalid_argument for a subject or a name that cannot be.
    CertificateRequest(const Key& key, const DistinguishedName& subject, const std::vector<std::string>& names);

    X509_REQ* get() const { return request_.get(); }

    /// The subject as RFC 4514 has it.
    std::string subject() const;
    DistinguishedName subject_fields() const;
    std::vector<std::string> names() const;
    EVP_PKEY* public_key() const;
    std::string pem() const;

    /// Blocks.
    Failure save(const std::string& path) const;

    /// The first request in a PEM text, whose signature is checked. `source` names the text in errors.
    static Result<CertificateRequest> read(std::string_view text, const std::string& source = "the text");

    /// The same from a file. Blocks.
    static Result<CertificateRequest> load(const std::string& path);

private:
    explicit CertificateRequest(X509ReqPtr request) : request_(std::move(request)) {}

    std::shared_ptr<X509_REQ> request_;
};

}  // namespace moonwire::tls
