#include "host/app/command_line.hpp"
#include "host/app/commands.hpp"
#include "host/app/exit_status.hpp"
#include "host/app/write_file.hpp"

#include "embedded/types_lua.hpp"

#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

namespace moonwire::app {

namespace {

namespace fs = std::filesystem;

constexpr const char* language_server = R"({
  "$schema": "https://raw.githubusercontent.com/LuaLS/vscode-lua/master/setting/schema.json",
  "runtime.version": "LuaJIT",
  "workspace.library": [".moonwire/types"],
  "workspace.checkThirdParty": false
}
)";

constexpr const char* luacheck = R"(-- moonwire runs scripts with LuaJIT and gives them one more global.
std = "luajit"
read_globals = { "help" }
exclude_files = { ".moonwire" }
)";

struct File {
    fs::path name;
    std::string text;
};

std::vector<File> files()
{
    std::vector<File> files = {{".luarc.json", language_server}, {".luacheckrc", luacheck}};
    for (const auto& stub : embedded::types_lua()) {
        files.push_back(
            {fs::path(".moonwire") / "types" / (std::string(stub.name) + ".lua"), std::string(stub.source)});
    }
    return files;
}

void refuse(const Arguments& extra)
{
    if (extra.empty()) {
        return;
    }
    const std::string& first = extra.front();
    throw UsageError(first.starts_with("-")
                         ? "setup: unknown flag '" + first + "'" + suggestion(first, {"--force", "--help"})
                         : "setup takes one folder, got '" + first + "' too");
}

bool has_text(const fs::path& path, const std::string& text)
{
    std::ifstream file(path, std::ios::binary);
    return std::string(std::istreambuf_iterator<char>(file), {}) == text;
}

/// Says what was done with the files; those of the types are too many to be named.
class Account
{
public:
    void wrote(const fs::path& path) { say(path, "wrote", wrote_types_); }
    void kept(const fs::path& path)
    {
        say(path, "kept", kept_types_);
        kept_any_ = true;
    }

    void close(const fs::path& folder) const
    {
        const std::string types = (folder / ".moonwire" / "types").string();
        if (wrote_types_ > 0) {
            fmt::print("wrote {} ({} of its files)\n", types, wrote_types_);
        }
        if (kept_types_ > 0) {
            fmt::print("kept {} ({} of its files)\n", types, kept_types_);
        }
        if (kept_any_) {
            fmt::print("What was there and is different has been kept; --force replaces it.\n");
        }
        if (!said_ && wrote_types_ + kept_types_ == 0) {
            fmt::print("{} has everything already\n", folder.string());
        }
    }

private:
    void say(const fs::path& path, const char* what, int& types)
    {
        if (path.extension() == ".lua") {
            ++types;
            return;
        }
        fmt::print("{} {}\n", what, path.string());
        said_ = true;
    }

    int wrote_types_ = 0;
    int kept_types_ = 0;
    bool kept_any_ = false;
    bool said_ = false;
};

}  // namespace

int setup_command(const Arguments& arguments)
{
    std::string folder = ".";
    bool force = false;
    CLI::App app;
    app.set_help_flag();
    bool help = false;
    app.add_flag("--help,-h", help);
    app.add_flag("--force", force);
    app.add_option("FOLDER", folder);
    app.allow_extras();
    parse_command_line(app, arguments);
    if (help) {
        return help_command({"setup"});
    }
    refuse(app.remaining());
    if (!fs::is_directory(folder)) {
        throw UsageError("setup: there is no folder '" + folder + "'");
    }
    Account account;
    for (const File& file : files()) {
        const fs::path path = fs::path(folder) / file.name;
        const bool there = fs::exists(path);
        if (there && has_text(path, file.text)) {
            continue;
        }
        if (there && !force) {
            account.kept(path);
        } else {
            write_file(path, file.text);
            account.wrote(path);
        }
    }
    account.close(folder);
    return done;
}

}  // namespace moonwire::app
