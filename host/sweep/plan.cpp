#include "host/sweep/plan.hpp"

#include <string_view>

namespace moonwire::sweep {

namespace {

// FNV-1a, 64 bits (draft-eastlake-fnv).
std::uint64_t hash(std::string_view text)
{
    std::uint64_t value = 14695981039346656037U;
    for (const char c : text) {
        value = (value ^ static_cast<unsigned char>(c)) * 1099511628211U;
    }
    return value;
}

// The output function of SplitMix64 (Steele, Lea, Flood: Fast splittable pseudorandom number generators, 2014).
std::uint64_t mix(std::uint64_t value)
{
    value += 0x9e3779b97f4a7c15U;
    value = (value ^ (value >> 30)) * 0xbf58476d1ce4e5b9U;
    value = (value ^ (value >> 27)) * 0x94d049bb133111ebU;
    return value ^ (value >> 31);
}

}  // namespace

std::size_t Plan::combinations() const
{
    std::size_t count = 1;
    for (const Axis& axis : axes) {
        count *= axis.values.size();
    }
    return count;
}

Values Plan::combination(std::size_t index) const
{
    Values values(axes.size());
    for (std::size_t i = axes.size(); i-- > 0;) {
        values[i] = axes[i].values[index % axes[i].values.size()];
        index /= axes[i].values.size();
    }
    return values;
}

std::string Plan::label(std::size_t index) const
{
    const Values values = combination(index);
    std::string text;
    for (std::size_t i = 0; i < axes.size(); ++i) {
        text += (i == 0 ? "" : ", ") + axes[i].parameter.name + "=" + text_of(values[i]);
    }
    return text;
}

std::map<std::string, Value> Plan::parameters(std::size_t index) const
{
    auto parameters = fixed;
    const Values values = combination(index);
    for (std::size_t i = 0; i < axes.size(); ++i) {
        parameters[axes[i].parameter.name] = values[i];
    }
    return parameters;
}

std::uint64_t Plan::seed_of(std::size_t index, std::size_t repetition) const
{
    return mix(mix(mix(seed) ^ hash(label(index))) + repetition) >> 11;
}

}  // namespace moonwire::sweep
