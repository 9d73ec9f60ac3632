#include "host/app/result_files.hpp"

#include "host/app/run_records.hpp"

#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>

namespace moonwire::app {

namespace {

using Record = std::string (*)(const RunFacts&, const Result&);

struct Kind {
    const char* flag;
    std::optional<std::string> ResultFlags::*file;
    Record record;
};

constexpr std::array<Kind, 3> kinds = {{
    {"--json", &ResultFlags::json, json_record},
    {"--junit", &ResultFlags::junit, junit_record},
    {"--report", &ResultFlags::report, html_record},
}};

struct Close {
    void operator()(std::FILE* file) const { std::fclose(file); }
};

bool write_file(const std::string& path, const std::string& text)
{
    std::unique_ptr<std::FILE, Close> file(std::fopen(path.c_str(), "w"));
    if (!file || std::fwrite(text.data(), 1, text.size(), file.get()) != text.size()) {
        return false;
    }
    return std::fclose(file.release()) == 0;
}

}  // namespace

void ResultFlags::check_files() const
{
    for (const Kind& kind : kinds) {
        if (const auto& path = this->*kind.file) {
            // What an earlier run has written stays until there is something to replace it.
            const std::unique_ptr<std::FILE, Close> file(std::fopen(path->c_str(), "a"));
            if (!file) {
                throw UsageError(fmt::format("{}: cannot write {}: {}", kind.flag, *path, std::strerror(errno)));
            }
        }
    }
}

bool ResultFlags::write_files(const RunFacts& facts, const Result& result) const
{
    bool all = true;
    for (const Kind& kind : kinds) {
        const auto& path = this->*kind.file;
        if (path && !write_file(*path, kind.record(facts, result))) {
            fmt::print(stderr, "moonwire: {}: cannot write {}: {}\n", kind.flag, *path, std::strerror(errno));
            all = false;
        }
    }
    return all;
}

void add_result_flags(CLI::App& app, ResultFlags& flags)
{
    for (const Kind& kind : kinds) {
        app.add_option(kind.flag, flags.*kind.file);
    }
    app.add_option("--threshold", flags.thresholds)->take_all()->allow_extra_args(false);
}

}  // namespace moonwire::app
