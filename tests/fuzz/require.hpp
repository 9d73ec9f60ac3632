#pragma once

#include <cstdlib>

/// What a fuzzer finds is a crash: this makes one of what must not be.
inline void require(bool holds)
{
    if (!holds) {
        std::abort();
    }
}
