#pragma once

#include "tests/bindings/script.hpp"

#include <string>

namespace moonwire::test {

/// Runs a script that compares what the stubs of bindings/types say with what the modules have. It prints what is
/// wrong. All modules are loaded; `stubs` is what `help` has read from the stubs, `sorted(t)` goes through a table by
/// its keys, and `fields_of(class)` has the names of a class's fields, those that it inherits included, as keys.
inline std::string stub_findings(const std::string& script)
{
    return output_of(R"(
        for name in pairs(package.preload) do
            if name:find("^moonwire%.") then require(name) end
        end
        help.names()
        local registry = debug.getregistry()
        local stubs = registry["moonwire.stubs"]
        local function sorted(t)
            local keys = {}
            for key in pairs(t) do keys[#keys + 1] = tostring(key) end
            table.sort(keys)
            local i = 0
            return function() i = i + 1 return keys[i], t[keys[i]] end
        end
        local function fields_of(class, fields)
            fields = fields or {}
            for _, field in ipairs(class.fields) do fields[field.name:match("^%[(%d+)%]$") or field.name] = field end
            for _, parent in ipairs(class.parents) do fields_of(stubs.classes[parent], fields) end
            return fields
        end
    )" + script);
}

}  // namespace moonwire::test
