#pragma once

#include "host/tls/context.hpp"
#include "host/tls/protocol.hpp"
#include "tests/support/certificates.hpp"

#include <memory>
#include <string>
#include <utility>

namespace moonwire::test {

inline const Authority& authority()
{
    static const Authority made;
    return made;
}

inline const tls::Identity& localhost()
{
    static const tls::Identity made = authority().issue("localhost");
    return made;
}

using ContextPointer = std::shared_ptr<const tls::Context>;

/// `change` may be any function that turns the options that work into those wanted.
template <class Change>
ContextPointer server_context(Change change)
{
    tls::ContextOptions options;
    options.role = tls::Role::server;
    options.identity = localhost();
    change(options);
    return tls::Context::make(std::move(options)).value();
}

inline ContextPointer server_context()
{
    return server_context([](tls::ContextOptions&) {});
}

template <class Change>
ContextPointer client_context(Change change)
{
    tls::ContextOptions options;
    options.authorities = {authority().certificate()};
    change(options);
    return tls::Context::make(std::move(options)).value();
}

inline ContextPointer client_context()
{
    return client_context([](tls::ContextOptions&) {});
}

/// What makes a context speak one version only.
inline auto only(int version)
{
    return [version](tls::ContextOptions& options) { options.min_version = options.max_version = version; };
}

}  // namespace moonwire::test
