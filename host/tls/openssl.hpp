#pragma once

#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/evp.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <memory>
#include <string>
#include <string_view>

namespace moonwire::tls {

template <auto function>
struct Free {
    template <class Object>
    void operator()(Object* object) const
    {
        function(object);
    }
};

using BioPtr = std::unique_ptr<BIO, Free<BIO_free_all>>;
using BignumPtr = std::unique_ptr<BIGNUM, Free<BN_free>>;
using PkeyPtr = std::unique_ptr<EVP_PKEY, Free<EVP_PKEY_free>>;
using X509Ptr = std::unique_ptr<X509, Free<X509_free>>;
using X509ReqPtr = std::unique_ptr<X509_REQ, Free<X509_REQ_free>>;
using X509NamePtr = std::unique_ptr<X509_NAME, Free<X509_NAME_free>>;
using X509StorePtr = std::unique_ptr<X509_STORE, Free<X509_STORE_free>>;
using X509StoreContextPtr = std::unique_ptr<X509_STORE_CTX, Free<X509_STORE_CTX_free>>;
using ExtensionPtr = std::unique_ptr<X509_EXTENSION, Free<X509_EXTENSION_free>>;
using GeneralNamesPtr = std::unique_ptr<GENERAL_NAMES, Free<GENERAL_NAMES_free>>;
using OctetStringPtr = std::unique_ptr<ASN1_OCTET_STRING, Free<ASN1_OCTET_STRING_free>>;

/// What went wrong at the bottom of the calling thread's last OpenSSL call: "bad decrypt". Empties the error queue, so
/// that nobody later takes these errors for his own.
std::string openssl_reason();

/// Throws std::runtime_error "<what>: <reason>" for what only a lack of memory or a broken OpenSSL can cause.
[[noreturn]] void openssl_failed(const std::string& what);

/// `pointer` unless it is null; else `openssl_failed(what)`.
template <class Object>
Object* required(Object* pointer, const char* what)
{
    if (pointer == nullptr) {
        openssl_failed(what);
    }
    return pointer;
}

/// The same for functions that return 1 (or a length) when they succeed.
inline void require(long result, const char* what)
{
    if (result <= 0) {
        openssl_failed(what);
    }
}

/// A BIO that reads `text`, which must outlive it.
BioPtr reading(std::string_view text);

/// What was written into a BIO of memory.
std::string written(BIO* memory);

/// An empty BIO of memory to write into.
BioPtr writing();

/// The digest of `bytes` as OpenSSL's programs write fingerprints: "3A:07:…".
std::string fingerprint(std::string_view bytes, const EVP_MD* digest);

}  // namespace moonwire::tls
