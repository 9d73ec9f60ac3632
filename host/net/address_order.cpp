#include "host/net/address_order.hpp"

#include <algorithm>
#include <iterator>

namespace moonwire::net {

std::vector<TcpEndpoint> interleave_families(const std::vector<TcpEndpoint>& resolved)
{
    if (resolved.empty()) {
        return {};
    }
    const bool first_is_v6 = resolved.front().address().is_v6();
    std::vector<TcpEndpoint> leading;
    std::vector<TcpEndpoint> other;
    std::partition_copy(resolved.begin(), resolved.end(), std::back_inserter(leading), std::back_inserter(other),
                        [&](const TcpEndpoint& endpoint) { return endpoint.address().is_v6() == first_is_v6; });

    std::vector<TcpEndpoint> ordered;
    ordered.reserve(resolved.size());
    for (std::size_t i = 0; i < std::max(leading.size(), other.size()); ++i) {
        if (i < leading.size()) {
            ordered.push_back(leading[i]);
        }
        if (i < other.size()) {
            ordered.push_back(other[i]);
        }
    }
    return ordered;
}

}  // namespace moonwire::net
