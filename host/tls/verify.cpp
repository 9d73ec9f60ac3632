#include "host/tls/verify.hpp"

#include "host/tls/host_names.hpp"
#include "host/tls/verify_error.hpp"

#include <openssl/err.h>

#include <stdexcept>

namespace moonwire::tls {

namespace {

void free_stack(STACK_OF(X509) * stack)
{
    sk_X509_free(stack);  // the certificates are borrowed
}

using BorrowedStackPtr = std::unique_ptr<STACK_OF(X509), Free<free_stack>>;

X509StorePtr trusting(const std::vector<Certificate>& authorities)
{
    X509StorePtr store(required(X509_STORE_new(), "X509_STORE_new"));
    for (const Certificate& authority : authorities) {
        require(X509_STORE_add_cert(store.get(), authority.get()), "X509_STORE_add_cert");
    }
    return store;
}

void set_parameters(X509_VERIFY_PARAM* parameters, const Verification& verification)
{
    X509_VERIFY_PARAM_set_time(parameters, verification.time);
    X509_VERIFY_PARAM_set_auth_level(parameters, security_level);
    if (verification.purpose != Purpose::any) {
        const bool server = verification.purpose == Purpose::server;
        require(X509_VERIFY_PARAM_set_purpose(parameters, server ? X509_PURPOSE_SSL_SERVER : X509_PURPOSE_SSL_CLIENT),
                "X509_VERIFY_PARAM_set_purpose");
    }
    const std::string& name = verification.host_name;
    if (is_address(name)) {
        require(X509_VERIFY_PARAM_set1_ip_asc(parameters, name.c_str()), "X509_VERIFY_PARAM_set1_ip_asc");
    } else if (!name.empty()) {
        X509_VERIFY_PARAM_set_hostflags(parameters, host_name_flags(verification.common_name));
        // A name with a dot in front would stand for all names below it, and one with a null byte is refused.
        if (name.front() == '.' || X509_VERIFY_PARAM_set1_host(parameters, name.data(), name.size()) != 1) {
            ERR_clear_error();
            throw std::invalid_argument("name: expected a DNS name or an address, got \"" + name.substr(0, 80) + "\"");
        }
    }
}

}  // namespace

unsigned int host_name_flags(bool common_name)
{
    return X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS | (common_name ? 0U : X509_CHECK_FLAG_NEVER_CHECK_SUBJECT);
}

Failure verify(const Certificate& certificate, const Verification& verification)
{
    const X509StorePtr store = trusting(verification.authorities);
    const BorrowedStackPtr chain(required(sk_X509_new_null(), "sk_X509_new"));
    for (const Certificate& intermediate : verification.intermediates) {
        require(sk_X509_push(chain.get(), intermediate.get()), "sk_X509_push");
    }
    const X509StoreContextPtr context(required(X509_STORE_CTX_new(), "X509_STORE_CTX_new"));
    require(X509_STORE_CTX_init(context.get(), store.get(), certificate.get(), chain.get()), "X509_STORE_CTX_init");
    set_parameters(X509_STORE_CTX_get0_param(context.get()), verification);
    const bool good = X509_verify_cert(context.get()) == 1;
    ERR_clear_error();
    if (good) {
        return {};
    }
    const int error = X509_STORE_CTX_get_error(context.get());
    const X509* culprit = X509_STORE_CTX_get_current_cert(context.get());
    return {verify_error(error), "verify " + to_string(X509_get_subject_name(certificate.get())) + ": " +
                                     verify_reason(error, culprit, verification.host_name)};
}

}  // namespace moonwire::tls
