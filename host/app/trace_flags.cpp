#include "host/app/trace_flags.hpp"

#include "host/app/colours.hpp"
#include "host/app/command_line.hpp"

#include <moonwire/error.hpp>

#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include <fcntl.h>
#include <unistd.h>
#include <array>
#include <cerrno>
#include <cstring>
#include <memory>
#include <string_view>
#include <utility>

namespace moonwire::app {

namespace {

/// The file that a trace goes to. When it takes no more, that is said once, and the run goes on.
class TraceFile
{
public:
    explicit TraceFile(std::string name)
        : name_(std::move(name)), descriptor_(::open(name_.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666))
    {
        if (descriptor_ < 0) {
            throw UsageError(fmt::format("--trace-file: cannot write {}: {}", name_, std::strerror(errno)));
        }
    }
    ~TraceFile() { close(); }
    TraceFile(const TraceFile&) = delete;
    TraceFile& operator=(const TraceFile&) = delete;

    void write(std::string_view lines)
    {
        while (descriptor_ >= 0 && !lines.empty()) {
            const ssize_t written = ::write(descriptor_, lines.data(), lines.size());
            if (written >= 0) {
                lines.remove_prefix(static_cast<std::size_t>(written));
            } else if (errno != EINTR) {
                const std::string why = std::strerror(errno);
                close();
                std::fputs(fmt::format("moonwire: the trace ends here: cannot write {}: {}\n", name_, why).c_str(),
                           stderr);
            }
        }
    }

private:
    void close()
    {
        if (descriptor_ >= 0) {
            ::close(std::exchange(descriptor_, -1));
        }
    }

    std::string name_;
    int descriptor_;
};

template <class Value, std::size_t count>
Value choose(const std::string& flag, const std::string& given,
             const std::array<std::pair<std::string_view, Value>, count>& choices)
{
    std::vector<std::string> names;
    std::string list;
    for (const auto& [name, value] : choices) {
        if (name == given) {
            return value;
        }
        list += (names.empty() ? "" : names.size() + 1 == count ? " or " : ", ") + std::string(name);
        names.emplace_back(name);
    }
    throw UsageError(fmt::format("{}: expected {}, got '{}'{}", flag, list, given, suggestion(given, names)));
}

}  // namespace

std::optional<TraceOptions> TraceFlags::options() const
{
    using Format = TraceOptions::Format;
    using Detail = TraceOptions::Detail;
    if (!format && !detail && !file) {
        return std::nullopt;
    }
    TraceOptions options;
    options.format =
        choose<Format, 2>("--trace", format.value_or("text"), {{{"text", Format::text}, {"json", Format::json}}});
    options.detail =
        choose<Detail, 3>("--trace-detail", detail.value_or("messages"),
                          {{{"messages", Detail::messages}, {"packets", Detail::packets}, {"calls", Detail::calls}}});
    options.colours = !file && ::isatty(STDERR_FILENO) != 0 && colours_wanted();
    if (file) {
        options.output = [out = std::make_shared<TraceFile>(*file)](std::string_view lines) { out->write(lines); };
    }
    return options;
}

void add_trace_flags(CLI::App& app, TraceFlags& flags)
{
    app.add_flag("--trace{text}", flags.format)->multi_option_policy(CLI::MultiOptionPolicy::Throw);
    app.add_option("--trace-detail", flags.detail);
    app.add_option("--trace-file", flags.file);
}

}  // namespace moonwire::app
