#pragma once

#include "host/tls/context.hpp"
#include "host/tls/file.hpp"
#include "host/tls/issue.hpp"
#include "tests/support/process.hpp"

#include <chrono>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace moonwire::test {

constexpr std::int64_t one_day = 24 * 3600;

inline std::int64_t seconds_now()
{
    return std::chrono::duration_cast<std::chrono::seconds>(std::chrono::system_clock::now().time_since_epoch())
        .count();
}

/// Valid since yesterday, until tomorrow.
inline tls::CertificateContent content_for(const std::string& common_name, std::vector<std::string> names = {},
                                           bool authority = false)
{
    return {{{"CN", common_name}}, std::move(names), seconds_now() - one_day, seconds_now() + one_day, authority};
}

inline tls::Identity self_signed(const tls::CertificateContent& content)
{
    tls::Key key = tls::generate_ec_key();
    return {{tls::issue_self_signed(content, key)}, std::move(key)};
}

/// Makes certificates that one authority has signed.
class Authority
{
public:
    explicit Authority(const std::string& name = "Test CA") : identity_(self_signed(content_for(name, {}, true))) {}

    /// With a chain that ends below the authority.
    explicit Authority(tls::Identity identity) : identity_(std::move(identity)) {}

    const tls::Certificate& certificate() const { return identity_.chain.front(); }

    tls::Identity issue(const tls::CertificateContent& content) const
    {
        tls::Key key = tls::generate_ec_key();
        return {{tls::issue(content, key.get(), certificate(), identity_.key).value()}, std::move(key)};
    }

    /// For servers at localhost, or for anybody else by name.
    tls::Identity issue(const std::string& common_name,
                        std::vector<std::string> names = {"localhost", "127.0.0.1"}) const
    {
        return issue(content_for(common_name, std::move(names)));
    }

    /// One that is good for clients only.
    tls::Identity issue_for_clients(const std::string& common_name) const
    {
        tls::Identity identity = issue(common_name);
        tls::X509Ptr changed(X509_dup(identity.chain.front().get()));
        X509_EXTENSION_free(X509_delete_ext(changed.get(), X509_get_ext_by_NID(changed.get(), NID_ext_key_usage, -1)));
        const tls::ExtensionPtr usage(X509V3_EXT_nconf_nid(nullptr, nullptr, NID_ext_key_usage, "clientAuth"));
        X509_add_ext(changed.get(), usage.get(), -1);
        if (X509_sign(changed.get(), identity_.key.get(), EVP_sha256()) == 0) {
            throw std::runtime_error("X509_sign");
        }
        return {{tls::Certificate(std::move(changed))}, identity.key};
    }

private:
    tls::Identity identity_;
};

/// Writes NAME.pem, the chain, and NAME.key.
inline void save(const TemporaryFolder& folder, const std::string& name, const tls::Identity& identity)
{
    std::string chain;
    for (const auto& certificate : identity.chain) {
        chain += certificate.pem();
    }
    folder.write(name + ".pem", chain);
    folder.write(name + ".key", identity.key.pem());
}

}  // namespace moonwire::test
