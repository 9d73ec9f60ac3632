#include "host/page/page.hpp"
#include "host/report/sections.hpp"

#include <boost/json/array.hpp>

#include <algorithm>
#include <cmath>
#include <set>

namespace moonwire::report {

namespace {

namespace json = boost::json;
using page::utf8;

// Any bytes as text, each a character from U+0000 to U+00FF: the page makes bytes of them again.
std::string as_characters(const std::string& bytes)
{
    std::string text;
    for (const char c : bytes) {
        const auto byte = static_cast<unsigned char>(c);
        if (byte < 0x80) {
            text += c;
        } else {
            text += static_cast<char>(0xC0 | (byte >> 6));
            text += static_cast<char>(0x80 | (byte & 0x3F));
        }
    }
    return text;
}

// In the order that diagram.js takes them apart in.
json::array event_data(const RecordedEvent& event)
{
    return {event.time,  event.kind,   event.layer,      event.direction,
            event.cause, event.object, event.size,       utf8(event.role),
            event.local, event.remote, utf8(event.text), as_characters(event.content),
            event.error, event.result, event.carries};
}

json::object throughput_data(const Recording& recording)
{
    std::size_t steps = 0;
    for (const auto& role : recording.throughput) {
        steps = std::max({steps, role.sent.size(), role.received.size()});
    }
    json::array series;
    const auto add = [&](const std::string& label, const std::vector<std::uint64_t>& bytes) {
        json::array rates;
        for (std::size_t i = 0; i < steps; ++i) {
            rates.push_back(i < bytes.size() ? static_cast<double>(bytes[i]) / recording.step : 0.0);
        }
        series.push_back({{"label", utf8(label)}, {"rates", std::move(rates)}});
    };
    for (const auto& role : recording.throughput) {
        const std::string name = role.role.empty() ? "" : role.role + " ";
        add(name + "sends", role.sent);
        add(name + "receives", role.received);
    }
    return {{"step", recording.step}, {"steps", steps}, {"series", std::move(series)}};
}

json::object socket_data(const Recording& recording)
{
    std::set<std::string> states;
    json::array times;
    for (const auto& sample : recording.sockets) {
        times.push_back(sample.time);
        for (const auto& [state, count] : sample.states) {
            states.insert(state);
        }
    }
    json::array series;
    for (const std::string& state : states) {
        json::array counts;
        for (const auto& sample : recording.sockets) {
            const auto found = sample.states.find(state);
            counts.push_back(found == sample.states.end() ? 0 : found->second);
        }
        series.push_back({{"label", state}, {"counts", std::move(counts)}});
    }
    return {{"times", std::move(times)}, {"series", std::move(series)}};
}

// Buckets of a tenth of a power of ten each: those of the histogram are too fine to be seen.
json::object latency_data(const Reported& reported)
{
    std::map<int, std::uint64_t> wide;
    for (const auto& bucket : reported.latencies.buckets) {
        const double middle = std::max(1e-9, (bucket.low + bucket.high) / 2);
        wide[static_cast<int>(std::floor(std::log10(middle) * 10))] += bucket.count;
    }
    json::array bars;
    for (const auto& [place, count] : wide) {
        bars.push_back(json::array{place, count});
    }
    json::array percentiles;
    for (const double nines : {0.0, 0.25, 0.5, 0.75, 1.0, 1.25, 1.5, 1.75, 2.0, 2.25, 2.5, 2.75, 3.0, 3.5, 4.0, 5.0}) {
        // Beyond as many nines as there are times, all percentiles are the largest.
        if (std::pow(10, nines) <= static_cast<double>(reported.latencies.count) * 2) {
            const double percent = 100 * (1 - std::pow(10, -nines));
            percentiles.push_back(json::array{nines, reported.latencies.percentile(percent)});
        }
    }
    return {{"name", utf8(reported.name)}, {"bars", std::move(bars)}, {"percentiles", std::move(percentiles)}};
}

}  // namespace

json::object page_data(const Result& result)
{
    json::array latencies;
    for (const Reported& reported : result.reported) {
        if (reported.kind == Reported::Kind::latency) {
            latencies.push_back(latency_data(reported));
        }
    }
    json::object data{{"latencies", std::move(latencies)}};
    if (result.recording) {
        json::array events;
        for (const RecordedEvent& event : result.recording->events) {
            events.push_back(event_data(event));
        }
        data["events"] = std::move(events);
        data["throughput"] = throughput_data(*result.recording);
        data["sockets"] = socket_data(*result.recording);
    }
    return data;
}

}  // namespace moonwire::report
