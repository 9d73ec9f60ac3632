#pragma once

#include "host/loop/loop.hpp"

#include <functional>
#include <map>
#include <memory>

namespace moonwire::embed {

/// Descriptors of the embedding program's that the loop looks at for it. Goes before the loop.
class Watches
{
public:
    explicit Watches(loop::Loop& loop) : loop_(loop) {}

    /// Calls `handler` whenever something can be read. Throws std::system_error.
    void add(int descriptor, std::function<void()> handler);
    void remove(int descriptor);

private:
    struct Watch;

    loop::Loop& loop_;
    std::map<int, std::shared_ptr<Watch>> watches_;
};

}  // namespace moonwire::embed
