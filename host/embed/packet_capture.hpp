#pragma once

#include <moonwire/capture.hpp>

#include "host/capture/capture.hpp"
#include "host/capture/tally.hpp"
#include "host/loop/loop.hpp"

#include <functional>
#include <optional>
#include <string_view>

namespace moonwire::embed {

/// An engine's capture, from its construction until `end`. The loop must outlive it.
class PacketCapture
{
public:
    /// Throws UsageError if the file cannot be written. Without the right to capture it says so, and at most makes a
    /// ledger.
    PacketCapture(loop::Loop& loop, const CaptureOptions& options,
                  const std::function<void(std::string_view)>& diagnostics);
    ~PacketCapture();
    PacketCapture(const PacketCapture&) = delete;
    PacketCapture& operator=(const PacketCapture&) = delete;

    /// Nothing if nothing was captured, or it has ended already.
    std::optional<CaptureReport> end();

private:
    loop::Loop& loop_;
    CaptureOptions options_;
    std::unique_ptr<capture::Capture> capture_;
    std::unique_ptr<capture::Tally> tally_;  // where there is no capture
};

}  // namespace moonwire::embed
