#include "tests/support/terminal.hpp"

#include "tests/support/process.hpp"

#include <poll.h>
#include <pty.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <stdexcept>
#include <system_error>
#include <thread>

namespace moonwire::test {

namespace {

using Clock = std::chrono::steady_clock;

winsize size_of(int columns, int rows)
{
    winsize size{};
    size.ws_col = static_cast<unsigned short>(columns);
    size.ws_row = static_cast<unsigned short>(rows);
    return size;
}

}  // namespace

Terminal::Terminal(const std::vector<std::string>& arguments, const std::vector<std::string>& environment, int columns,
                   int rows)
    : screen_(columns, rows)
{
    const auto argv = pointers(arguments);
    const winsize size = size_of(columns, rows);
    pid_ = ::forkpty(&descriptor_, nullptr, nullptr, &size);
    if (pid_ < 0) {
        throw std::system_error(errno, std::generic_category(), "forkpty");
    }
    if (pid_ == 0) {
        ::setenv("TERM", "xterm-256color", 1);
        for (const std::string& entry : environment) {
            ::putenv(const_cast<char*>(entry.c_str()));
        }
        ::execvp(argv[0], argv.data());
        ::_exit(127);
    }
}

Terminal::~Terminal()
{
    if (status_ < 0) {
        ::kill(pid_, SIGKILL);
    }
    hang_up();
    if (status_ < 0) {
        ::waitpid(pid_, nullptr, 0);
    }
}

void Terminal::type(std::string_view keys)
{
    while (!keys.empty()) {
        const ssize_t size = ::write(descriptor_, keys.data(), keys.size());
        if (size < 0) {
            throw std::system_error(errno, std::generic_category(), "write to the terminal");
        }
        keys.remove_prefix(static_cast<std::size_t>(size));
    }
}

void Terminal::resize(int columns, int rows)
{
    const winsize size = size_of(columns, rows);
    screen_.resize(columns, rows);
    ::ioctl(descriptor_, TIOCSWINSZ, &size);
}

void Terminal::hang_up()
{
    if (descriptor_ >= 0) {
        ::close(descriptor_);
        descriptor_ = -1;
    }
}

bool Terminal::read_some()
{
    pollfd polled{descriptor_, POLLIN, 0};
    if (::poll(&polled, 1, 20) == 1) {
        char buffer[4096];
        const ssize_t size = ::read(descriptor_, buffer, sizeof buffer);
        if (size <= 0) {
            return false;
        }
        screen_.write({buffer, static_cast<std::size_t>(size)});
    }
    return true;
}

void Terminal::wait_until(const std::function<bool(const Screen&)>& condition, const std::string& description)
{
    const auto deadline = Clock::now() + patience();
    while (!condition(screen_)) {
        if (!read_some() || Clock::now() > deadline) {
            throw std::runtime_error("never came: " + description + "\n--- screen:\n" + screen_.text() +
                                     "--- cursor behind: '" + screen_.before_cursor() + "'");
        }
    }
}

void Terminal::wait_for(std::string_view text)
{
    wait_until([&](const Screen& screen) { return screen.text().find(text) != std::string::npos; },
               "'" + std::string(text) + "'");
}

void Terminal::wait_for_cursor_behind(std::string_view text)
{
    wait_until([&](const Screen& screen) { return screen.before_cursor() == text; },
               "the cursor behind '" + std::string(text) + "'");
}

int Terminal::wait()
{
    const auto deadline = Clock::now() + patience();
    while (status_ < 0) {
        if (descriptor_ >= 0 && !read_some()) {
            hang_up();
        } else if (descriptor_ < 0) {
            std::this_thread::sleep_for(std::chrono::milliseconds(2));
        }
        int status = 0;
        if (::waitpid(pid_, &status, WNOHANG) == pid_) {
            status_ = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
        } else if (Clock::now() > deadline) {
            throw std::runtime_error("the program does not end\n--- screen:\n" + screen_.text());
        }
    }
    while (descriptor_ >= 0 && read_some()) {
        pollfd polled{descriptor_, POLLIN, 0};
        if (::poll(&polled, 1, 0) != 1) {
            break;
        }
    }
    return status_;
}

}  // namespace moonwire::test
