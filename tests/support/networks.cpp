#include "tests/support/networks.hpp"

#include <cstdio>
#include <exception>
#include <sstream>

namespace moonwire::test {

namespace {

// Both hosts live until standard input ends, which it does at the latest when the test does.
constexpr const char* script = R"sh(
set -e
exec 3<&0
unshare -n cat <&3 &
right=$!
while [ "$(readlink /proc/$right/ns/net)" = "$(readlink /proc/self/ns/net)" ];
do
    sleep 0.01; done
on_right="nsenter -t $right -n"
ip link add cable type veth peer name cable netns $right
up() {
    $2 ip link set lo up
    $2 ip link set cable addrgenmode none
    $2 ip addr add 10.9.0.$1/24 dev cable
    $2 ip addr add fd09::$1/64 dev cable nodad
    $2 ip addr add fe80::$1/64 dev cable nodad
    $2 ip link set cable up
}
up 1
up 2 "$on_right"
# The kernel brings an interface up in the background; before it has, IPv6 datagrams are dropped.
is_up() { [ -n "$($1 ip -6 route show table local type multicast dev cable)" ]; }
until is_up && is_up "$on_right"; do sleep 0.01; done
echo "ready $$ $right"
exec cat
)sh";

std::vector<std::string> enter(const std::string& process, std::vector<std::string> command)
{
    command.insert(command.begin(), {"nsenter", "--preserve-credentials", "-U", "-n", "-t", process});
    return command;
}

}  // namespace

Networks::Networks()
    : holder_(std::make_unique<Process>(std::vector<std::string>{"unshare", "-Urn", "sh", "-c", script}))
{
    try {
        std::istringstream line(holder_->wait_for_output("ready"));
        std::string ready;
        line >> ready >> left_ >> right_;
    } catch (const std::exception& error) {
        std::printf("skipped: no network namespaces here: %s\n", error.what());
    }
}

std::vector<std::string> Networks::left(std::vector<std::string> command) const
{
    return enter(left_, std::move(command));
}

std::vector<std::string> Networks::right(std::vector<std::string> command) const
{
    return enter(right_, std::move(command));
}

}  // namespace moonwire::test
