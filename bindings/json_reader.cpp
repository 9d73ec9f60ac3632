#include "bindings/json_reader.hpp"

#include "bindings/json_marks.hpp"
#include "host/script/error.hpp"

#include <boost/json/basic_parser_impl.hpp>

#include <charconv>
#include <cmath>
#include <cstdio>
#include <string>
#include <vector>

namespace moonwire::bindings {

namespace {

namespace json = boost::json;

/// Makes Lua values of what the parser finds. On Lua's stack stand the mark of arrays, null, and then each table that
/// is still open, with the key of the value that comes next if it is an object.
class LuaBuilder
{
public:
    // The text's size limits these.
    static constexpr std::size_t max_object_size = static_cast<std::size_t>(-1);
    static constexpr std::size_t max_array_size = static_cast<std::size_t>(-1);
    static constexpr std::size_t max_key_size = static_cast<std::size_t>(-1);
    static constexpr std::size_t max_string_size = static_cast<std::size_t>(-1);

    explicit LuaBuilder(lua_State* L) : L_(L)
    {
        luaL_checkstack(L, 8, "JSON is nested too deeply");
        luaL_getmetatable(L, json_array_class);
        lua_getfield(L, LUA_REGISTRYINDEX, json_null_key);
        null_index_ = lua_gettop(L);
    }

    bool on_document_begin(json::error_code&) { return true; }
    bool on_document_end(json::error_code&) { return true; }

    bool on_object_begin(json::error_code&) { return open(false); }
    bool on_object_end(std::size_t, json::error_code&) { return close(); }

    bool on_array_begin(json::error_code&)
    {
        open(true);
        lua_pushvalue(L_, null_index_ - 1);
        lua_setmetatable(L_, -2);
        return true;
    }
    bool on_array_end(std::size_t, json::error_code&) { return close(); }

    bool on_key_part(json::string_view part, std::size_t, json::error_code&) { return keep(part); }
    bool on_key(json::string_view rest, std::size_t, json::error_code&)
    {
        push_text(rest);
        return true;
    }

    bool on_string_part(json::string_view part, std::size_t, json::error_code&) { return keep(part); }
    bool on_string(json::string_view rest, std::size_t, json::error_code&)
    {
        push_text(rest);
        return add();
    }

    bool on_number_part(json::string_view part, json::error_code&) { return keep(part); }
    bool on_int64(std::int64_t value, json::string_view, json::error_code&)
    {
        return add_number(static_cast<double>(value));
    }
    bool on_uint64(std::uint64_t value, json::string_view, json::error_code&)
    {
        return add_number(static_cast<double>(value));
    }

    // Boost.JSON's own number may be off in its last digit.
    bool on_double(double approximate, json::string_view rest, json::error_code& error)
    {
        text_ += rest;
        double value = 0;
        const auto result = std::from_chars(text_.data(), text_.data() + text_.size(), value);
        if (result.ec == std::errc::result_out_of_range) {
            if (std::abs(approximate) > 1) {
                error = json::error::not_exact;
                return false;
            }
            value = std::copysign(0.0, approximate);  // too small to be told from nothing
        }
        return add_number(value);
    }

    bool on_bool(bool value, json::error_code&)
    {
        lua_pushboolean(L_, value ? 1 : 0);
        return add();
    }

    bool on_null(json::error_code&)
    {
        lua_pushvalue(L_, null_index_);
        return add();
    }

    bool on_comment_part(json::string_view, json::error_code&) { return true; }
    bool on_comment(json::string_view, json::error_code&) { return true; }

private:
    struct Table {
        bool is_array;
        int size;
    };

    bool open(bool is_array)
    {
        luaL_checkstack(L_, 8, "JSON is nested too deeply");
        lua_newtable(L_);
        open_.push_back({is_array, 0});
        return true;
    }

    bool close()
    {
        open_.pop_back();
        return add();
    }

    /// Puts the value on top of the stack where it belongs.
    bool add()
    {
        if (open_.empty()) {
            return true;
        }
        if (open_.back().is_array) {
            lua_rawseti(L_, -2, ++open_.back().size);
        } else {
            lua_rawset(L_, -3);
        }
        return true;
    }

    bool add_number(double value)
    {
        text_.clear();
        lua_pushnumber(L_, value);
        return add();
    }

    bool keep(json::string_view part)
    {
        text_ += part;
        return true;
    }

    void push_text(json::string_view rest)
    {
        text_ += rest;
        lua_pushlstring(L_, text_.data(), text_.size());
        text_.clear();
    }

    lua_State* L_;
    int null_index_ = 0;
    std::vector<Table> open_;
    std::string text_;  // the parts of a string or a number until its last one comes
};

// "line 2, column 7": columns are characters.
std::string place(std::string_view text, std::size_t position)
{
    std::size_t line = 1;
    std::size_t column = 1;
    for (const char byte : text.substr(0, position)) {
        if (byte == '\n') {
            ++line;
            column = 1;
        } else if ((static_cast<unsigned char>(byte) & 0xc0) != 0x80) {
            ++column;
        }
    }
    return "line " + std::to_string(line) + ", column " + std::to_string(column) + " (byte " +
           std::to_string(position + 1) + ")";
}

std::string unexpected(std::string_view text, std::size_t position)
{
    const auto byte = static_cast<unsigned char>(text[position]);
    if (byte > 0x20 && byte < 0x7f) {
        return std::string("unexpected '") + text[position] + "'";
    }
    char hex[32];
    std::snprintf(hex, sizeof hex, "unexpected byte 0x%02x", byte);
    return hex;
}

std::string reason(const json::error_code& error, std::string_view text, std::size_t position)
{
    if (text.find_first_not_of(" \t\r\n") == std::string_view::npos) {
        return "there is no value";
    }
    if (!error) {
        return unexpected(text, position) + " after the value";
    }
    if (error == json::error::incomplete || position >= text.size()) {
        return "the text ends in the middle of the value";
    }
    if (error == json::error::syntax) {
        return unexpected(text, position);
    }
    if (error == json::error::not_exact || error == json::error::exponent_overflow) {
        return "a number beyond 1.8e308";
    }
    return error.message();
}

}  // namespace

int read_json(lua_State* L, std::string_view text, std::size_t max_depth)
{
    json::parse_options options;
    options.max_depth = max_depth;
    json::basic_parser<LuaBuilder> parser(options, L);
    json::error_code error;
    const std::size_t position = parser.write_some(false, text.data(), text.size(), error);
    if (!error && position == text.size()) {
        return 1;
    }
    const std::string where = "JSON, " + place(text, position) + ": ";
    if (error == json::error::too_deep) {
        return script::push_failure(L, "too_deep",
                                    where + "nested deeper than max_depth, " + std::to_string(max_depth));
    }
    return script::push_failure(L, "invalid_json", where + reason(error, text, position));
}

}  // namespace moonwire::bindings
