#include "bindings/failure.hpp"

#include "host/script/error.hpp"

namespace moonwire::bindings {

int push_failure(lua_State* L, const net::error_code& error, const std::string& what)
{
    return script::push_failure(L, net::code_word(error), what + ": " + net::reason(error));
}

int push_failure(lua_State* L, const net::Failure& failure)
{
    return script::push_failure(L, net::code_word(failure.error), failure.message);
}

}  // namespace moonwire::bindings
