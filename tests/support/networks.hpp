#pragma once

#include "tests/support/process.hpp"

#include <memory>
#include <string>
#include <vector>

namespace moonwire::test {

/// Two networks of the test's own (network namespaces), joined by a cable (veth): the left host has 10.9.0.1, fd09::1
/// and fe80::1, the right one 10.9.0.2, fd09::2 and fe80::2, each on its interface "cable", and a loopback interface.
/// No default routes. Gone when the object goes.
class Networks
{
public:
    Networks();

    /// False, and says so, where the system does not permit namespaces: then there is nothing to test.
    bool available() const { return !right_.empty(); }

    /// A command that runs on the left host, with the rights to set up its network; on the right one.
    std::vector<std::string> left(std::vector<std::string> command) const;
    std::vector<std::string> right(std::vector<std::string> command) const;

private:
    std::unique_ptr<Process> holder_;
    std::string left_;   // process ids
    std::string right_;  // empty: not available
};

}  // namespace moonwire::test
