#pragma once

#include "host/observe/observer.hpp"

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace moonwire::observe {

/// How many bytes each role's transports (TCP, UDP, pipes) have sent and received over time, in memory that does not
/// grow: when the run has become too long for the steps, they become twice as long. Used on the loop's thread.
class Throughput final : public Observer
{
public:
    static constexpr std::size_t max_steps = 512;
    static constexpr std::size_t max_roles = 16;  ///< the others together are called "others"

    struct Bytes {
        std::vector<std::uint64_t> sent;  ///< a step each, as many as there were
        std::vector<std::uint64_t> received;
    };

    /// It begins at `start`, with steps of this length.
    Throughput(TimePoint start, Duration step) : start_(start), step_(step) {}

    void on_event(const Event& event) override;

    Duration step() const { return step_; }
    const std::map<std::string, Bytes, std::less<>>& roles() const { return roles_; }

private:
    void double_step();
    Bytes& of(std::string_view role);

    TimePoint start_;
    Duration step_;
    std::map<std::string, Bytes, std::less<>> roles_;
};

}  // namespace moonwire::observe
