#include "tests/unit/websocket/support.hpp"

#include <malloc.h>

#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define MOONWIRE_SANITIZED
#endif
#elif defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define MOONWIRE_SANITIZED
#endif

#ifdef MOONWIRE_SANITIZED
extern "C" std::size_t __sanitizer_get_current_allocated_bytes();  // NOLINT(bugprone-reserved-identifier): theirs
#endif

namespace moonwire::test {

std::size_t allocated_bytes()
{
#ifdef MOONWIRE_SANITIZED
    return __sanitizer_get_current_allocated_bytes();
#else
    const struct mallinfo2 info = ::mallinfo2();
    return info.uordblks + info.hblkhd;
#endif
}

}  // namespace moonwire::test
