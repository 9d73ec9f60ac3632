#include "host/tls/error.hpp"

namespace moonwire::tls {

namespace {

struct Words {
    std::string_view word;
    const char* reason;
};

Words words_of(int value)
{
    switch (static_cast<errc>(value)) {
    case errc::bad_certificate_file:
        return {"bad_certificate_file", "not a certificate"};
    case errc::bad_key_file:
        return {"bad_key_file", "not a private key"};
    case errc::wrong_passphrase:
        return {"wrong_passphrase", "wrong passphrase"};
    case errc::key_mismatch:
        return {"key_mismatch", "the private key does not belong to the certificate"};
    }
    return {"system", "unknown"};
}

class Category final : public net::ErrorCategory
{
public:
    const char* name() const noexcept override { return "moonwire.tls"; }
    std::string message(int value) const override { return words_of(value).reason; }
    std::string_view word(int value) const override { return words_of(value).word; }
};

}  // namespace

error_code make_error_code(errc code)
{
    static const Category category;
    return {static_cast<int>(code), category};
}

}  // namespace moonwire::tls
