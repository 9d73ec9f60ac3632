#include "host/app/colours.hpp"
#include "host/app/commands.hpp"
#include "host/app/exit_status.hpp"
#include "host/app/summary.hpp"

#include <fmt/format.h>

#include <unistd.h>
#include <cstdio>
#include <string>

namespace moonwire::app {

ExitStatus exit_status(const Result& result)
{
    switch (result.outcome) {
    case Outcome::failed:
        return failed;
    case Outcome::interrupted:
        return interrupted;
    case Outcome::done:
        break;
    }
    return count_missed(result) > 0 ? missed_threshold : done;
}

int report_result(const Result& result)
{
    const std::string text = summary(result, isatty(STDERR_FILENO) == 1 && colours_wanted());
    std::fflush(stdout);  // last of all that may fail: `status_of` looks at errno
    fmt::print(stderr, "{}", text);
    const ExitStatus status = exit_status(result);
    if (status == failed) {
        fmt::print(stderr, "moonwire: {}\n", result.error);
    } else if (status == interrupted) {
        fmt::print(stderr, "moonwire: interrupted\n");
    } else if (status == missed_threshold) {
        const auto missed = count_missed(result);
        fmt::print(stderr, "moonwire: {} of {} threshold{} missed\n", missed, result.thresholds.size(),
                   result.thresholds.size() == 1 ? " was"
                   : missed == 1                 ? "s was"
                                                 : "s were");
    }
    return status;
}

}  // namespace moonwire::app
