#include "host/observe/throughput.hpp"

#include <algorithm>

namespace moonwire::observe {

namespace {

void merge_pairs(std::vector<std::uint64_t>& steps)
{
    for (std::size_t i = 0; i < steps.size(); ++i) {
        const std::uint64_t bytes = steps[i];
        steps[i] = 0;
        steps[i / 2] += bytes;
    }
    steps.resize((steps.size() + 1) / 2);
}

bool is_transport(Layer layer)
{
    return layer == Layer::tcp || layer == Layer::udp || layer == Layer::pipe;
}

}  // namespace

void Throughput::on_event(const Event& event)
{
    if (!is_transport(event.layer) || (event.kind != Kind::sent && event.kind != Kind::received)) {
        return;
    }
    const Duration since = std::max(Duration(0), event.time - start_);
    while (static_cast<std::size_t>(since / step_) >= max_steps) {
        double_step();
    }
    const auto step = static_cast<std::size_t>(since / step_);
    Bytes& bytes = of(event.role);
    auto& steps = event.kind == Kind::sent ? bytes.sent : bytes.received;
    steps.resize(std::max(steps.size(), step + 1));
    steps[step] += event.size;
}

void Throughput::double_step()
{
    step_ *= 2;
    for (auto& [role, bytes] : roles_) {
        merge_pairs(bytes.sent);
        merge_pairs(bytes.received);
    }
}

Throughput::Bytes& Throughput::of(std::string_view role)
{
    const auto found = roles_.find(role);
    if (found != roles_.end()) {
        return found->second;
    }
    return roles_[roles_.size() + 1 < max_roles ? std::string(role) : "others"];
}

}  // namespace moonwire::observe
