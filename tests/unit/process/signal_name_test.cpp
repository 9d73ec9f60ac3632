#include "host/process/signal_name.hpp"

#include <catch2/catch.hpp>

#include <csignal>

using moonwire::process::signal_name;
using moonwire::process::signal_number;

TEST_CASE("signals have names")
{
    CHECK(signal_name(SIGTERM) == "SIGTERM");
    CHECK(signal_name(SIGKILL) == "SIGKILL");
    CHECK(signal_name(SIGRTMIN + 1) == std::to_string(SIGRTMIN + 1));
}

TEST_CASE("signals are known by name, short name and number")
{
    CHECK(signal_number("SIGINT") == SIGINT);
    CHECK(signal_number("USR1") == SIGUSR1);
    CHECK(signal_number("9") == SIGKILL);
    for (const char* unknown : {"", "SIG", "SIGFOO", "sigint", "0", "65", "-1", "9x"}) {
        CHECK(!signal_number(unknown));
    }
}
