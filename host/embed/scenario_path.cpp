#include <moonwire/error.hpp>
#include <moonwire/scenario.hpp>

#include "host/script/nearest.hpp"

#include <algorithm>
#include <cstdlib>
#include <system_error>

namespace moonwire {

namespace fs = std::filesystem;

namespace {

void add(std::vector<fs::path>& path, const fs::path& folder)
{
    std::error_code ignored;
    if (fs::is_directory(folder, ignored) && std::find(path.begin(), path.end(), folder) == path.end()) {
        path.push_back(folder);
    }
}

void add_from_environment(std::vector<fs::path>& path)
{
    const char* variable = std::getenv("MOONWIRE_PATH");
    std::string_view rest = variable != nullptr ? variable : "";
    while (!rest.empty()) {
        const auto colon = rest.find(':');
        if (colon != 0) {
            add(path, rest.substr(0, colon));
        }
        rest = colon == std::string_view::npos ? std::string_view() : rest.substr(colon + 1);
    }
}

// $XDG_DATA_HOME, or its default: XDG Base Directory Specification.
fs::path data_home()
{
    if (const char* variable = std::getenv("XDG_DATA_HOME"); variable != nullptr && *variable != '\0') {
        return variable;
    }
    const char* home = std::getenv("HOME");
    return home != nullptr ? fs::path(home) / ".local" / "share" : fs::path();
}

bool in_library_folder(const fs::path& relative)
{
    return std::any_of(relative.begin(), relative.end(), [](const fs::path& part) { return part == "lib"; });
}

// "pmu/tcp.lua" → "pmu/tcp", "chat/init.lua" → "chat"
std::string name_of(const fs::path& relative)
{
    fs::path name = relative;
    name.replace_extension();
    if (name.filename() == "init" && name.has_parent_path()) {
        name = name.parent_path();
    }
    return name.generic_string();
}

}  // namespace

std::optional<std::string> nearest_name(std::string_view name, const std::vector<std::string>& candidates)
{
    return script::nearest_name(name, candidates);
}

std::vector<fs::path> scenario_path()
{
    std::vector<fs::path> path;
    add_from_environment(path);
    add(path, data_home() / "moonwire" / "scenarios");
    std::error_code error;
    const fs::path executable = fs::read_symlink("/proc/self/exe", error);
    if (!error) {
        add(path, executable.parent_path().parent_path() / "share" / "moonwire" / "scenarios");
    }
    add(path, fs::path(MOONWIRE_SOURCE_DIR) / "scenarios");
    return path;
}

std::vector<ScenarioEntry> list_scenarios(const std::vector<fs::path>& path)
{
    std::vector<ScenarioEntry> entries;
    for (const fs::path& folder : path) {
        std::error_code error;
        for (fs::recursive_directory_iterator it(folder, error), end; !error && it != end; it.increment(error)) {
            const fs::path relative = it->path().lexically_relative(folder);
            if (it->path().extension() != ".lua" || in_library_folder(relative)) {
                continue;
            }
            const std::string name = name_of(relative);
            const bool known = std::any_of(entries.begin(), entries.end(),
                                           [&](const ScenarioEntry& entry) { return entry.name == name; });
            if (!known) {
                entries.push_back({name, it->path()});
            }
        }
    }
    std::sort(entries.begin(), entries.end(),
              [](const ScenarioEntry& a, const ScenarioEntry& b) { return a.name < b.name; });
    return entries;
}

fs::path find_scenario(std::string_view name, const std::vector<fs::path>& path)
{
    std::error_code ignored;
    if (fs::is_regular_file(fs::path(name), ignored)) {
        return fs::path(name);
    }
    std::vector<std::string> names;
    for (const ScenarioEntry& entry : list_scenarios(path)) {
        if (entry.name == name) {
            return entry.file;
        }
        names.push_back(entry.name);
    }
    std::string message = "no scenario '" + std::string(name) + "'";
    std::string below;
    for (const std::string& known : names) {
        if (known.starts_with(std::string(name) + "/")) {
            below += (below.empty() ? "" : ", ") + known;
        }
    }
    if (!below.empty()) {
        throw UsageError(message + "; in this folder there are: " + below);
    }
    if (const auto nearest = nearest_name(name, names)) {
        throw UsageError(message + " (did you mean '" + *nearest + "'?)");
    }
    message += "; looked in";
    for (const fs::path& folder : path) {
        message += " " + folder.string();
    }
    throw UsageError(message + " (`moonwire list` shows what there is)");
}

}  // namespace moonwire
