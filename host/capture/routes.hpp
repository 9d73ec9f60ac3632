#pragma once

#include "host/ledger/address.hpp"

#include <string>
#include <vector>

/// Through which network interfaces packets come and go.
namespace moonwire::capture {

/// Those of a socket with this address: of an unspecified one, all that are up and have an address. Packets from this
/// machine to itself go through the loopback interface, whatever their addresses are.
std::vector<std::string> interfaces_of(const ledger::Address& local);

/// Those to a peer.
std::vector<std::string> interfaces_to(const ledger::Address& remote);

/// The addresses of an interface.
std::vector<ledger::Address> addresses_of(const std::string& interface);

}  // namespace moonwire::capture
