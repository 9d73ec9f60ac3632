#include "host/process/start.hpp"

#include "host/process/spawn.hpp"

#include <fcntl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#include <algorithm>
#include <cerrno>
#include <csignal>
#include <string_view>
#include <system_error>

namespace moonwire::process {

namespace {

using net::Descriptor;

std::system_error last_error()
{
    return {errno, std::system_category()};
}

Descriptor valid(int descriptor)
{
    if (descriptor < 0) {
        throw last_error();
    }
    return Descriptor(descriptor);
}

/// A copy above the three standard streams, so that the child can put one in its place without overwriting another.
Descriptor copy_above(int descriptor)
{
    return valid(::fcntl(descriptor, F_DUPFD_CLOEXEC, 3));
}

struct Pipe {
    Descriptor read_end;
    Descriptor write_end;
};

Pipe make_pipe()
{
    std::array<int, 2> ends{};
    if (::pipe2(ends.data(), O_CLOEXEC) != 0) {
        throw last_error();
    }
    return {Descriptor(ends[0]), Descriptor(ends[1])};
}

/// The child's end of its standard stream `number`; this side's, if there is one, goes into `pipe`.
Descriptor open_stream(Stdio kind, int number, const Descriptor& output, Descriptor& pipe)
{
    switch (kind) {
    case Stdio::inherit:
        return copy_above(number);
    case Stdio::null:
        return copy_above(valid(::open("/dev/null", O_RDWR | O_CLOEXEC)).get());
    case Stdio::same_as_output:
        return copy_above(output.get());
    case Stdio::pipe:
        break;
    }
    Pipe made = make_pipe();
    const bool input = number == STDIN_FILENO;
    pipe = std::move(input ? made.write_end : made.read_end);
    return copy_above((input ? made.read_end : made.write_end).get());
}

std::vector<std::string> make_environment(const StartRequest& request)
{
    std::vector<std::string> entries;
    for (char** entry = environ; entry != nullptr && *entry != nullptr; ++entry) {
        const std::string_view text(*entry);
        if (!request.environment.contains(std::string(text.substr(0, text.find('='))))) {
            entries.emplace_back(text);
        }
    }
    for (const auto& [name, value] : request.environment) {
        if (value) {
            entries.push_back(name + "=" + *value);
        }
    }
    return entries;
}

std::string search_path(const std::vector<std::string>& environment)
{
    constexpr std::string_view name = "PATH=";
    for (const std::string& entry : environment) {
        if (entry.starts_with(name)) {
            return entry.substr(name.size());
        }
    }
    return "/usr/bin:/bin";
}

std::vector<std::string> find_paths(const std::string& program, const std::string& folders)
{
    if (program.find('/') != std::string::npos) {
        return {program};
    }
    std::vector<std::string> paths;
    for (std::size_t begin = 0; begin <= folders.size();) {
        const std::size_t end = std::min(folders.find(':', begin), folders.size());
        const std::string folder = folders.substr(begin, end - begin);
        paths.push_back((folder.empty() ? "." : folder) + "/" + program);
        begin = end + 1;
    }
    return paths;
}

std::vector<char*> pointers(std::vector<std::string>& strings)
{
    std::vector<char*> result;
    for (std::string& text : strings) {
        result.push_back(text.data());
    }
    result.push_back(nullptr);
    return result;
}

/// The texts that a plan points to.
struct Texts {
    explicit Texts(const StartRequest& request)
        : environment(make_environment(request)),
          folders(search_path(environment)),
          paths(find_paths(request.program, folders)),
          arguments{request.program}
    {
        arguments.insert(arguments.end(), request.arguments.begin(), request.arguments.end());
    }

    std::vector<std::string> environment;
    std::string folders;
    std::vector<std::string> paths;
    std::vector<std::string> arguments;
};

std::optional<Report> read_report(int descriptor)
{
    Report report{};
    ssize_t size = 0;
    do {
        size = ::read(descriptor, &report, sizeof report);
    } while (size < 0 && errno == EINTR);
    return size == sizeof report ? std::optional(report) : std::nullopt;
}

void reap(pid_t pid)
{
    while (::waitpid(pid, nullptr, 0) < 0 && errno == EINTR) {
    }
}

net::error_code system_error(int number)
{
    return {number, boost::system::system_category()};
}

net::Failure failure(const StartRequest& request, const Report& report, const std::string& folders)
{
    const net::error_code error = system_error(report.error);
    std::string text = "start " + request.program;
    if (report.step == Step::directory) {
        return {error, text + " in " + request.directory + ": " +
                           (report.error == ENOENT ? "no such directory" : net::reason(error))};
    }
    if (report.step == Step::prepare) {
        return {error, text + ": " + net::reason(error)};
    }
    if (report.error == ENOENT) {
        const bool searched = request.program.find('/') == std::string::npos;
        return {error, text + (searched ? ": no such program in PATH (" + folders + ")"
                                        : ": no such file, or the program in its first line (#!) does not exist")};
    }
    if (report.error == EACCES) {
        text += ": permission denied (is it executable?)";
    } else if (report.error == ENOEXEC) {
        text += ": not a program that this system can run (a script needs a first line like #!/bin/sh)";
    } else {
        text += ": " + net::reason(error);
    }
    return {error, text};
}

/// Has the child go by the plan; returns what it reports when it could not.
std::optional<Report> carry_out(Plan& plan, Texts& texts, Started& started)
{
    Pipe report = make_pipe();
    Descriptor childs_end = copy_above(report.write_end.get());
    report.write_end = {};
    const auto paths = pointers(texts.paths);
    const auto arguments = pointers(texts.arguments);
    const auto environment = pointers(texts.environment);
    plan.parent = ::getpid();
    plan.paths = paths.data();
    plan.arguments = arguments.data();
    plan.environment = environment.data();
    plan.report = childs_end.get();
    started.pid = spawn(plan);
    if (started.pid < 0) {
        throw last_error();
    }
    childs_end = {};
    return read_report(report.read_end.get());
}

net::Result<Started> start(const StartRequest& request)
{
    Started started{-1, {}, {}};
    std::array<Descriptor, 3> ends;
    Plan plan{};
    plan.directory = request.directory.empty() ? nullptr : request.directory.c_str();
    for (int number = 0; number < 3; ++number) {
        const auto i = static_cast<std::size_t>(number);
        ends[i] = open_stream(request.stdio[i], number, ends[STDOUT_FILENO], started.pipes[i]);
        plan.streams[i] = ends[i].get();
    }
    Texts texts(request);
    if (const auto report = carry_out(plan, texts, started)) {
        reap(started.pid);
        return failure(request, *report, texts.folders);
    }
    started.handle = Descriptor(static_cast<int>(::syscall(SYS_pidfd_open, started.pid, 0)));
    if (!started.handle) {
        const auto error = last_error();
        ::kill(-started.pid, SIGKILL);
        reap(started.pid);
        throw error;
    }
    return started;
}

}  // namespace

net::Result<Started> start_program(const StartRequest& request)
{
    try {
        return start(request);
    } catch (const std::system_error& error) {
        return failure(request, {Step::prepare, error.code().value()}, {});
    }
}

}  // namespace moonwire::process
