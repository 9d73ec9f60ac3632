#pragma once

#include "host/tls/issue.hpp"

#include <vector>

namespace moonwire::test {

constexpr std::int64_t day = 86400;
constexpr std::int64_t today = 1'800'000'000;  // 2027-01-15

inline tls::CertificateContent content(const std::string& common_name, std::vector<std::string> names = {})
{
    return {{{"CN", common_name}}, std::move(names), today - day, today + day, false};
}

inline tls::Certificate authority(const tls::Key& key, const std::string& common_name = "Lab CA")
{
    auto plan = content(common_name);
    plan.authority = true;
    plan.not_before -= 10 * day;
    plan.not_after += 10 * day;
    return tls::issue_self_signed(plan, key);
}

/// An authority and a server's certificate from it.
struct Signed {
    tls::Key ca_key = tls::generate_ec_key();
    tls::Certificate ca = authority(ca_key);
    tls::Key key = tls::generate_ec_key();

    tls::Certificate issue(const tls::CertificateContent& plan) const
    {
        return tls::issue(plan, key.get(), ca, ca_key).value();
    }
};

}  // namespace moonwire::test
