#pragma once

#include "host/script/vm.hpp"

#include <string>
#include <vector>

namespace moonwire::bindings {

/// Makes every module available to `require` in `vm`, and replaces the parts of Lua's library that would go around the
/// host: print, io.write, math.random.
void open_modules(script::Vm& vm);

/// The names of the modules ("tcp", "task", …), for those who make globals of them.
const std::vector<std::string>& module_names();

}  // namespace moonwire::bindings
