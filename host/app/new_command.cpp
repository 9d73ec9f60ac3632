#include "host/app/command_line.hpp"
#include "host/app/commands.hpp"
#include "host/app/exit_status.hpp"
#include "host/app/write_file.hpp"

#include "embedded/templates.hpp"

#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include <filesystem>
#include <string>
#include <string_view>

namespace moonwire::app {

namespace {

namespace fs = std::filesystem;

constexpr std::size_t longest_name = 64;

void check_name(const std::string& name)
{
    const std::string_view letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
    const std::string others = std::string(letters) + "0123456789_-";
    if (name.empty() || letters.find(name.front()) == std::string_view::npos ||
        name.find_first_not_of(others) != std::string::npos || name.size() > longest_name) {
        throw UsageError(
            fmt::format("new: a scenario's name begins with a letter and has letters, digits, '_' and '-', "
                        "{} at most; got '{}'",
                        longest_name, name));
    }
}

void refuse(const Arguments& extra)
{
    if (extra.empty()) {
        return;
    }
    const std::string& first = extra.front();
    throw UsageError(first.starts_with("-") ? "new: unknown flag '" + first + "'" + suggestion(first, {"--help"})
                                            : "new takes a name and a folder, got '" + first + "' too");
}

// The template with the scenario's name in it.
std::string text_of(std::string_view part, const std::string& name)
{
    const std::string_view placeholder = "NAME";
    std::string text;
    for (const auto& file : embedded::templates()) {
        if (file.name == part) {
            text = file.source;
        }
    }
    for (auto at = text.find(placeholder); at != std::string::npos; at = text.find(placeholder, at + name.size())) {
        text.replace(at, placeholder.size(), name);
    }
    return text;
}

}  // namespace

int new_command(const Arguments& arguments)
{
    std::string name;
    std::string folder = ".";
    bool help = false;
    CLI::App app;
    app.set_help_flag();
    app.add_flag("--help,-h", help);
    app.add_option("NAME", name);
    app.add_option("FOLDER", folder);
    app.allow_extras();
    parse_command_line(app, arguments);
    if (help) {
        return help_command({"new"});
    }
    refuse(app.remaining());
    if (name.empty()) {
        throw UsageError("new: which name is the scenario to have? (moonwire new NAME)");
    }
    check_name(name);
    if (!fs::is_directory(folder)) {
        throw UsageError("new: there is no folder '" + folder + "'");
    }
    const fs::path scenario = fs::path(folder) / (name + ".lua");
    const fs::path test = fs::path(folder) / (name + "_test.lua");
    for (const fs::path& path : {scenario, test}) {
        if (fs::exists(fs::symlink_status(path))) {
            throw UsageError("new: '" + path.string() + "' is there already; nothing was written");
        }
    }
    write_file(scenario, text_of("scenario", name));
    write_file(test, text_of("scenario_test", name));
    fmt::print(
        "wrote {0}\nwrote {1}\n\n"
        "Play it:               moonwire run {0}\n"
        "with other parameters: moonwire run {0} --lines 5\n"
        "in two terminals:      moonwire run {0} server\n"
        "                       moonwire run {0} client localhost\n"
        "at every change:       moonwire run {0} --watch\n"
        "Test it:               moonwire {1}\n\n"
        "Then make it yours: `moonwire help tcp` tells about the functions, `moonwire setup` has your editor know "
        "them.\n",
        scenario.string(), test.string());
    return done;
}

}  // namespace moonwire::app
