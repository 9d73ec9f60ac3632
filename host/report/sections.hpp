#pragma once

#include "host/report/report.hpp"

#include <boost/json/object.hpp>

#include <string>

namespace moonwire::report {

/// What the page's script draws: events, histograms, throughput, socket states.
boost::json::object page_data(const Result& result);

/// The TLS sessions of a recording: versions, cipher suites and handshakes.
Table tls_table(const Recording& recording);

/// A table as HTML; nothing if it has no rows.
std::string table_section(const Table& table);

/// A time for people: "1.20 ms".
std::string seconds_text(double seconds);

}  // namespace moonwire::report
