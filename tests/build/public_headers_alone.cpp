// What those who embed the host see: the public headers, and through them neither Boost nor Lua nor the host's own
// folders.
#include <moonwire/console.hpp>
#include <moonwire/engine.hpp>
#include <moonwire/error.hpp>
#include <moonwire/outcome.hpp>
#include <moonwire/scenario.hpp>
#include <moonwire/value.hpp>

#if defined(BOOST_VERSION) || defined(BOOST_CONFIG_HPP) || defined(LUA_VERSION)
#error "a public header includes Boost or Lua"
#endif
#if __has_include("host/embed/values.hpp") || __has_include("host/script/vm.hpp")
#error "moonwire::host shows folders that are not public"
#endif
