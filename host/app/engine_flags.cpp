#include "host/app/commands.hpp"

#include <charconv>

namespace moonwire::app {

EngineOptions EngineFlags::options() const
{
    EngineOptions options;
    options.interruptible = true;
    options.virtual_time = virtual_time;
    if (seed) {
        std::uint64_t value = 0;
        const auto [end, error] = std::from_chars(seed->data(), seed->data() + seed->size(), value);
        if (error != std::errc{} || end != seed->data() + seed->size()) {
            throw UsageError("--seed: expected a whole number of at least 0, got '" + *seed + "'");
        }
        options.seed = value;
    }
    if (memory) {
        Parameter limit;
        limit.name = "--memory";
        limit.type = Parameter::Type::size;
        limit.min = 1024 * 1024;
        limit.max = 1024.0 * 1024 * 1024 * 1024;
        options.memory_limit = static_cast<std::size_t>(std::get<double>(parse_parameter(limit, *memory)));
    }
    if (!ledger.empty() && ledger != "table" && ledger != "json") {
        throw UsageError("--ledger: expected no value or json, got '" + ledger + "'");
    }
    if (pcap && pcap->empty()) {
        throw UsageError("--pcap: expected a file");
    }
    if (pcap || !ledger.empty()) {
        options.capture = CaptureOptions{pcap.value_or(""), "moonwire " MOONWIRE_VERSION, {}, !ledger.empty()};
    }
    options.trace = trace.options();
    return options;
}

}  // namespace moonwire::app
