#include "host/script/memory.hpp"

#include <lua.hpp>

#include <algorithm>
#include <cstdlib>

#if defined(__SANITIZE_ADDRESS__)
#define MOONWIRE_SANITIZED_HEAP 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define MOONWIRE_SANITIZED_HEAP 1
#endif
#endif

namespace moonwire::script {

namespace {

#ifdef MOONWIRE_SANITIZED_HEAP
// LuaJIT's own allocator would hide overflows from AddressSanitizer and references from LeakSanitizer.
void* heap_allocate(void*, void* block, std::size_t, std::size_t new_size)
{
    if (new_size == 0) {
        std::free(block);
        return nullptr;
    }
    return std::realloc(block, new_size);
}
#endif

}  // namespace

lua_State* Memory::new_state()
{
#ifdef MOONWIRE_SANITIZED_HEAP
    lua_State* L = lua_newstate(heap_allocate, nullptr);
#else
    lua_State* L = luaL_newstate();
#endif
    if (L != nullptr && limited()) {
        inner_ = lua_getallocf(L, &inner_data_);
        used_ = static_cast<std::size_t>(lua_gc(L, LUA_GCCOUNT, 0)) * 1024;
        lua_setallocf(L, allocate, this);
    }
    return L;
}

void* Memory::allocate(void* self, void* block, std::size_t old_size, std::size_t new_size)
{
    auto& memory = *static_cast<Memory*>(self);
    if (new_size > old_size && memory.used_ + (new_size - old_size) > memory.limit_) {
        return nullptr;
    }
    void* result = memory.inner_(memory.inner_data_, block, old_size, new_size);
    if (result != nullptr || new_size == 0) {
        memory.used_ += new_size;
        memory.used_ -= old_size < memory.used_ ? old_size : memory.used_;
    }
    return result;
}

std::string Memory::explained(std::string message) const
{
    if (limited() && message.starts_with("not enough memory")) {
        message.insert(std::min(message.find('\n'), message.size()),
                       " (the script's limit is " + std::to_string(limit_) + " bytes)");
    }
    return message;
}

}  // namespace moonwire::script
