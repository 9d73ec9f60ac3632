#include "host/script/nearest.hpp"

#include <algorithm>
#include <cstddef>
#include <vector>

namespace moonwire::script {

namespace {

// Optimal string alignment distance.
std::size_t distance(std::string_view a, std::string_view b)
{
    std::vector<std::vector<std::size_t>> edits(a.size() + 1, std::vector<std::size_t>(b.size() + 1));
    for (std::size_t i = 0; i <= a.size(); ++i) {
        edits[i][0] = i;
    }
    for (std::size_t j = 0; j <= b.size(); ++j) {
        edits[0][j] = j;
    }
    for (std::size_t i = 1; i <= a.size(); ++i) {
        for (std::size_t j = 1; j <= b.size(); ++j) {
            const std::size_t changed = a[i - 1] == b[j - 1] ? 0 : 1;
            edits[i][j] = std::min({edits[i - 1][j] + 1, edits[i][j - 1] + 1, edits[i - 1][j - 1] + changed});
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {
                edits[i][j] = std::min(edits[i][j], edits[i - 2][j - 2] + 1);
            }
        }
    }
    return edits[a.size()][b.size()];
}

}  // namespace

std::optional<std::string> nearest_name(std::string_view name, std::span<const std::string> candidates)
{
    std::size_t best = std::min<std::size_t>((name.size() <= 4 ? 1 : 2) + 1, name.size());
    std::optional<std::string> nearest;
    for (const std::string& candidate : candidates) {
        const std::size_t edits = distance(name, candidate);
        if (edits < best) {
            best = edits;
            nearest = candidate;
        }
    }
    return nearest;
}

}  // namespace moonwire::script
