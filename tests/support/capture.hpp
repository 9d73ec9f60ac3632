#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace moonwire::test {

/// May this process capture packets? Otherwise it says that a test is skipped.
bool may_capture();

/// Is there Wireshark's tshark, too? Otherwise it says that a test is skipped.
bool has_tshark();

/// What tshark prints for these arguments, and the capture. Throws if it complains.
std::string tshark(const std::filesystem::path& file, std::vector<std::string> arguments);

/// The fields of each packet that the display filter lets pass, as tshark reads them in one pass.
std::vector<std::vector<std::string>> tshark_fields(const std::filesystem::path& file, const std::string& filter,
                                                    const std::vector<std::string>& fields);

}  // namespace moonwire::test
