#pragma once

#include <lua.hpp>

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace moonwire::bindings {

/// Writes a Lua value as JSON. What cannot be JSON is thrown as std::invalid_argument, which says where in the value it
/// is. Metamethods are not asked, so the value stays as it is meanwhile.
class JsonWriter
{
public:
    /// `indent`: spaces a level; 0: everything on one line.
    JsonWriter(lua_State* L, std::size_t indent);

    /// The text of the value at the top of the stack.
    std::string text();

private:
    /// A step from a table to a value in it: an object's key, or with no data an array's index.
    struct Step {
        std::string_view key;
        int index = 0;
    };

    void write_value();
    void write_number(double number);
    void write_string(std::string_view text);
    void write_table();
    void write_array(int size);
    void write_object();
    void write_line(std::size_t depth);
    void enter(const Step& step);

    /// The size if the table at the top of the stack is an array, -1 if it is an object.
    int array_size();
    std::vector<std::string_view> sorted_keys();
    std::string path() const;
    [[noreturn]] void refuse(const std::string& reason) const;

    lua_State* L_;
    std::size_t indent_;
    const void* null_;
    std::string text_;
    std::vector<Step> steps_;
    std::vector<const void*> tables_;  // those that are being written, the outermost first
};

}  // namespace moonwire::bindings
