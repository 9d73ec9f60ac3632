#pragma once

#include <moonwire/ledger.hpp>

#include <string>

namespace moonwire::app {

/// The ledger for people: a table a connection, of the first twenty, and one of all.
std::string ledger_table(const Ledger& ledger);

}  // namespace moonwire::app
