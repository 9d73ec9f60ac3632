#pragma once

#include <cstddef>
#include <string>

struct lua_State;

namespace moonwire::script {

/// Makes Lua states, with a limit on the memory of their objects if there is one. Must outlive the state that it made.
class Memory
{
public:
    /// `limit` in bytes; 0: none.
    explicit Memory(std::size_t limit) : limit_(limit) {}
    Memory(const Memory&) = delete;
    Memory& operator=(const Memory&) = delete;

    lua_State* new_state();

    bool limited() const { return limit_ != 0; }
    std::size_t used() const { return used_; }

    /// Adds the limit to Lua's "not enough memory"; other messages stay as they are.
    std::string explained(std::string message) const;

private:
    static void* allocate(void* self, void* block, std::size_t old_size, std::size_t new_size);

    void* (*inner_)(void*, void*, std::size_t, std::size_t) = nullptr;
    void* inner_data_ = nullptr;
    std::size_t limit_;
    std::size_t used_ = 0;
};

}  // namespace moonwire::script
