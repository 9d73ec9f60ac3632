#include "host/tls/date.hpp"

#include <array>
#include <ctime>

namespace moonwire::tls {

std::string date(const ASN1_TIME* time)
{
    std::tm parts{};
    std::array<char, 40> text{};
    ASN1_TIME_to_tm(time, &parts);
    std::strftime(text.data(), text.size(), "%Y-%m-%d %H:%M:%S UTC", &parts);
    return text.data();
}

}  // namespace moonwire::tls
