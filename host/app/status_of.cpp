#include "host/app/status_of.hpp"

#include "host/app/exit_status.hpp"

#include <moonwire/error.hpp>

#include <fmt/format.h>

#include <cerrno>
#include <cstdio>
#include <exception>
#include <system_error>

namespace moonwire::app {

namespace {

// To a standard error that may be gone, which fmt::print would throw for.
void complain(const std::exception& error)
{
    std::fputs(fmt::format("moonwire: {}\n", error.what()).c_str(), stderr);
}

}  // namespace

int status_of(const std::function<int()>& action)
{
    try {
        const int status = action();
        if (status == done && (std::fflush(stdout) != 0 || std::ferror(stdout) != 0)) {
            throw std::system_error(errno, std::generic_category(), "standard output");
        }
        return status;
    } catch (const UsageError& error) {
        complain(error);
        return wrong_usage;
    } catch (const std::exception& error) {
        complain(error);
        return failed;
    }
}

}  // namespace moonwire::app
