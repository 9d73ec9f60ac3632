#include "host/embed/packet_capture.hpp"

#include <moonwire/error.hpp>

#include <sys/utsname.h>

#include <system_error>
#include <utility>

namespace moonwire::embed {

namespace {

std::string operating_system()
{
    utsname name{};
    return ::uname(&name) == 0 ? std::string(name.sysname) + " " + name.release : std::string();
}

std::unique_ptr<capture::Capture> open_capture(const std::filesystem::path& file)
{
    try {
        return std::make_unique<capture::Capture>(file);
    } catch (const std::system_error& error) {
        throw UsageError("write packets to " + file.string() + ": " + error.code().message());
    }
}

}  // namespace

PacketCapture::PacketCapture(loop::Loop& loop, const CaptureOptions& options,
                             const std::function<void(std::string_view)>& diagnostics)
    : loop_(loop), options_(options), capture_(open_capture(options.file))
{
    const std::string obstacle = capture_->start({operating_system(), options.program, options.comments});
    if (obstacle.empty()) {
        loop_.observers().add(*capture_, {.secrets = true});
        return;
    }
    capture_.reset();
    const std::string lost = options.file.empty() ? "counted" : "written to " + options.file.string();
    diagnostics("moonwire: no packets are " + lost + ": " + obstacle + "\n");
    if (options.ledger) {
        tally_ = std::make_unique<capture::Tally>();
        loop_.observers().add(*tally_, {.sockets = true});
    }
}

PacketCapture::~PacketCapture()
{
    end();
}

std::optional<CaptureReport> PacketCapture::end()
{
    if (tally_ != nullptr) {
        loop_.observers().remove(*tally_);
        CaptureReport report;
        report.ledger = tally_->ledger();
        tally_.reset();
        return report;
    }
    if (capture_ == nullptr) {
        return std::nullopt;
    }
    loop_.observers().remove(*capture_);
    capture::Report report = capture_->finish();
    capture_.reset();
    return CaptureReport{options_.file,
                         report.packets,
                         report.dropped,
                         std::move(report.interfaces),
                         std::move(report.troubles),
                         std::move(report.ledger)};
}

}  // namespace moonwire::embed
