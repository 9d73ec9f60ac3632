#include "bindings/json_writer.hpp"

#include "bindings/core/stack.hpp"
#include "bindings/json_marks.hpp"

#include <boost/json/serialize.hpp>
#include <boost/locale/utf.hpp>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <stdexcept>

namespace moonwire::bindings {

namespace {

constexpr std::size_t max_depth = 1000;

// Tables that are held many times make a text that is much longer than they are.
constexpr std::size_t max_text = std::size_t{64} << 20;

// Whole numbers that a Lua number holds exactly.
constexpr double largest_whole = 9007199254740992.0;

/// The position of the first byte that is not part of a UTF-8 character, or npos.
std::size_t invalid_utf8(std::string_view text)
{
    using Traits = boost::locale::utf::utf_traits<char>;
    const char* at = text.data();
    const char* const end = at + text.size();
    while (at != end) {
        const char* const character = at;
        const auto code = Traits::decode(at, end);
        if (code == boost::locale::utf::illegal || code == boost::locale::utf::incomplete) {
            return static_cast<std::size_t>(character - text.data());
        }
    }
    return std::string_view::npos;
}

bool is_name(std::string_view text)
{
    return !text.empty() && text.size() <= 40 &&
           text.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_0123456789") ==
               std::string_view::npos;
}

std::string path_step(std::string_view key)
{
    return is_name(key) ? "." + std::string(key) : "[\"" + std::string(key.substr(0, 40)) + "\"]";
}

bool is_marked_array(lua_State* L)
{
    if (lua_getmetatable(L, -1) == 0) {
        return false;
    }
    luaL_getmetatable(L, json_array_class);
    const bool is = lua_rawequal(L, -1, -2) != 0;
    lua_pop(L, 2);
    return is;
}

std::string_view string_at(lua_State* L, int index)
{
    std::size_t size = 0;
    const char* text = lua_tolstring(L, index, &size);
    return {text, size};
}

}  // namespace

JsonWriter::JsonWriter(lua_State* L, std::size_t indent) : L_(L), indent_(indent)
{
    lua_getfield(L, LUA_REGISTRYINDEX, json_null_key);
    null_ = lua_touserdata(L, -1);
    lua_pop(L, 1);
}

std::string JsonWriter::text()
{
    write_value();
    return std::move(text_);
}

void JsonWriter::write_value()
{
    if (text_.size() > max_text) {
        throw std::invalid_argument("the JSON text would be longer than 64 MiB");
    }
    const int type = lua_type(L_, -1);
    if (type == LUA_TBOOLEAN) {
        text_ += lua_toboolean(L_, -1) != 0 ? "true" : "false";
    } else if (type == LUA_TNUMBER) {
        write_number(lua_tonumber(L_, -1));
    } else if (type == LUA_TSTRING) {
        write_string(string_at(L_, -1));
    } else if (type == LUA_TTABLE) {
        write_table();
    } else if (type == LUA_TUSERDATA && lua_touserdata(L_, -1) == null_) {
        text_ += "null";
    } else {
        refuse("expected a string, a number, a boolean, a table or json.null, got " + describe_value(L_, -1));
    }
}

void JsonWriter::write_number(double number)
{
    if (!std::isfinite(number)) {
        refuse("JSON has no number for " + describe_value(L_, -1));
    }
    std::array<char, 40> digits{};
    const bool whole = number == std::floor(number) && std::abs(number) <= largest_whole;
    const auto result =
        whole ? std::to_chars(digits.data(), digits.data() + digits.size(), static_cast<std::int64_t>(number))
              : std::to_chars(digits.data(), digits.data() + digits.size(), number);
    text_.append(digits.data(), result.ptr);
}

void JsonWriter::write_string(std::string_view text)
{
    const std::size_t invalid = invalid_utf8(text);
    if (invalid != std::string_view::npos) {
        refuse("JSON strings are UTF-8, and byte " + std::to_string(invalid + 1) + " of this string is not");
    }
    text_ += boost::json::serialize(boost::json::string_view(text.data(), text.size()));
}

void JsonWriter::write_table()
{
    const void* table = lua_topointer(L_, -1);
    const auto outer = std::find(tables_.begin(), tables_.end(), table);
    if (outer != tables_.end()) {
        const std::string inner_path = path();
        steps_.resize(static_cast<std::size_t>(outer - tables_.begin()));
        throw std::invalid_argument(inner_path + ": is the same table as " + path() + ", which contains it: a cycle");
    }
    if (tables_.size() == max_depth) {
        refuse("nested deeper than " + std::to_string(max_depth) + " levels");
    }
    luaL_checkstack(L_, 8, "JSON is nested too deeply");
    tables_.push_back(table);
    const int size = array_size();
    size < 0 ? write_object() : write_array(size);
    tables_.pop_back();
}

void JsonWriter::write_array(int size)
{
    text_ += '[';
    for (int i = 1; i <= size; ++i) {
        text_ += i > 1 ? "," : "";
        write_line(tables_.size());
        lua_rawgeti(L_, -1, i);
        enter({{}, i});
    }
    if (size > 0) {
        write_line(tables_.size() - 1);
    }
    text_ += ']';
}

void JsonWriter::write_object()
{
    text_ += '{';
    const auto keys = sorted_keys();
    bool first = true;
    for (const std::string_view key : keys) {
        text_ += first ? "" : ",";
        first = false;
        write_line(tables_.size());
        lua_pushlstring(L_, key.data(), key.size());
        steps_.push_back({key});
        write_string(key);
        steps_.pop_back();
        text_ += indent_ > 0 ? ": " : ":";
        lua_rawget(L_, -2);
        enter({key});
    }
    if (!keys.empty()) {
        write_line(tables_.size() - 1);
    }
    text_ += '}';
}

// Writes the value on top of the stack, and pops it.
void JsonWriter::enter(const Step& step)
{
    steps_.push_back(step);
    write_value();
    steps_.pop_back();
    lua_pop(L_, 1);
}

void JsonWriter::write_line(std::size_t depth)
{
    if (indent_ > 0) {
        text_ += '\n';
        text_.append(depth * indent_, ' ');
    }
}

int JsonWriter::array_size()
{
    int elements = 0;
    double largest = 0;
    std::string_view name;
    bool named = false;
    for (lua_pushnil(L_); lua_next(L_, -2) != 0; lua_pop(L_, 1)) {
        const double number = lua_type(L_, -2) == LUA_TNUMBER ? lua_tonumber(L_, -2) : 0;
        if (number >= 1 && number == std::floor(number)) {
            ++elements;
            largest = std::max(largest, number);
        } else if (lua_type(L_, -2) == LUA_TSTRING) {
            name = string_at(L_, -2);
            named = true;
        } else {
            refuse("expected keys that are strings, or 1 to n, got the key " + describe_value(L_, -2));
        }
    }
    const bool marked = is_marked_array(L_);
    if (named && (marked || elements > 0)) {
        refuse(std::string(marked ? "an array" : "a table with array elements") + " has the key \"" +
               std::string(name.substr(0, 40)) + "\", too");
    }
    if (largest != elements) {
        int missing = 1;
        for (lua_rawgeti(L_, -1, 1); !lua_isnil(L_, -1); lua_rawgeti(L_, -1, ++missing)) {
            lua_pop(L_, 1);
        }
        refuse("has no element [" + std::to_string(missing) + "] although later ones are there (json.null stands for " +
               "nothing)");
    }
    return marked || elements > 0 ? elements : -1;
}

std::vector<std::string_view> JsonWriter::sorted_keys()
{
    std::vector<std::string_view> keys;
    for (lua_pushnil(L_); lua_next(L_, -2) != 0; lua_pop(L_, 1)) {
        keys.push_back(string_at(L_, -2));
    }
    std::sort(keys.begin(), keys.end());
    return keys;
}

std::string JsonWriter::path() const
{
    std::string path = "value";
    for (const Step& step : steps_) {
        path += step.key.data() == nullptr ? "[" + std::to_string(step.index) + "]" : path_step(step.key);
    }
    return path;
}

void JsonWriter::refuse(const std::string& reason) const
{
    throw std::invalid_argument(path() + ": " + reason);
}

}  // namespace moonwire::bindings
