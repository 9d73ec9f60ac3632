#include "tests/bindings/script.hpp"

#include <catch2/catch.hpp>

using Catch::Matchers::Contains;
using namespace moonwire::test;

namespace {

/// What `json.encode` throws for a Lua expression.
std::string refusal(const std::string& expression)
{
    return output_of("print(select(2, pcall(json.encode, " + expression + ")))");
}

/// The code and the message that `json.decode` returns for the value of a Lua expression.
std::string failure(const std::string& expression)
{
    return output_of("local value, err = json.decode(" + expression + ") print(value, err.code, err.message)");
}

}  // namespace

TEST_CASE("JSON is written with sorted keys, on one line or indented")
{
    CHECK(output_of(R"(print(json.encode {
        name = "x", list = { 1, 2, 3.5 }, object = {}, array = json.array {}, null = json.null, yes = true, no = false,
        ["two words"] = "\"\\/\n\1ü" }))") ==
          R"({"array":[],"list":[1,2,3.5],"name":"x","no":false,"null":null,"object":{},)"
          R"("two words":"\"\\/\n\u0001ü","yes":true})"
          "\n");
    CHECK(output_of("print(json.encode({ b = { 1, {} }, a = json.array {} }, { indent = 2 }))") ==
          "{\n  \"a\": [],\n  \"b\": [\n    1,\n    {}\n  ]\n}\n");
    CHECK(output_of("print(json.encode(\"text\"), json.encode(true), json.encode(json.null), json.encode(-7))") ==
          "\"text\"\ttrue\tnull\t-7\n");
}

TEST_CASE("JSON numbers are exact, and as short as they can be")
{
    CHECK(
        output_of(R"(
        print(json.encode { 2^53, -2^53, 100000, 1e21, 0.1, 1/3, -0.0, 5e-324, 1.7976931348623157e308 }))") ==
        "[9007199254740992,-9007199254740992,100000,1e+21,0.1,0.3333333333333333,0,5e-324,1.7976931348623157e+308]\n");
    CHECK(output_of(R"(
        for _, text in ipairs { "9007199254740991", "-9007199254740992", "9007199254740993", "18446744073709551616",
                                "1e5", "1E+2", "1e-400", "123456789.123456789" } do
            print(("%.17g"):format(json.decode(text)))
        end)") ==
          "9007199254740991\n-9007199254740992\n9007199254740992\n1.8446744073709552e+19\n100000\n100\n0\n"
          "123456789.12345679\n");
    CHECK(output_of(R"(
        for i = 1, 20000 do
            local number = (random.uniform() - 0.5) * 10 ^ random.integer(-300, 300)
            assert(json.decode(json.encode(number)) == number)
        end
        print("each came back the same"))") == "each came back the same\n");
}

TEST_CASE("what JSON cannot hold is refused with its place")
{
    CHECK(refusal("{ x = 0/0 }") == "value.x: JSON has no number for nan\n");
    CHECK(refusal("{ y = { -1/0 } }") == "value.y[1]: JSON has no number for -inf\n");
    CHECK_THAT(refusal("{ a = { print } }"),
               Contains("value.a[1]: expected a string, a number") && Contains("got a function"));
    CHECK_THAT(refusal("nil"), Contains("value: expected a string") && Contains("got nil"));
    CHECK_THAT(refusal("{ 10LL }"), Contains("value[1]: expected"));
    CHECK_THAT(refusal("io.stdout"), Contains("got a userdata"));
    CHECK(refusal(R"({ ["a b"] = { "fine\255" } })") ==
          "value[\"a b\"][1]: JSON strings are UTF-8, and byte 5 of this string is not\n");
    CHECK_THAT(refusal(R"({ ["\192\128"] = 1 })"), Contains("byte 1 of this string"));
    CHECK_THAT(refusal(R"("\237\160\128")"), Contains("byte 1 of this string"));  // half of a surrogate pair
}

TEST_CASE("tables that are neither array nor object are refused with the key")
{
    CHECK(refusal("{ list = { 1, 2, nil, 4 } }") ==
          "value.list: has no element [3] although later ones are there (json.null stands for nothing)\n");
    CHECK_THAT(refusal("{ [1000000000] = 1 }"), Contains("has no element [1]"));
    CHECK(refusal("{ 1, name = 2 }") == "value: a table with array elements has the key \"name\", too\n");
    CHECK(refusal("json.array { name = 2 }") == "value: an array has the key \"name\", too\n");
    CHECK_THAT(refusal("{ [1.5] = 1 }"), Contains("got the key 1.5"));
    CHECK_THAT(refusal("{ [0] = 1 }"), Contains("got the key 0"));
    CHECK_THAT(refusal("{ [true] = 1 }"), Contains("got the key true"));
}

TEST_CASE("cycles, depth and size of what is written as JSON are bounded")
{
    CHECK(output_of(R"(
        local a = { list = { {} } }
        a.list[1].back = a.list
        print(select(2, pcall(json.encode, a))))") ==
          "value.list[1].back: is the same table as value.list, which contains it: a cycle\n");
    CHECK(output_of(R"(local shared = {} print(json.encode { shared, shared }))") == "[{},{}]\n");
    CHECK(output_of(R"(
        local deep = {}
        for _ = 1, 999 do deep = { deep } end
        print(#json.encode(deep), select(2, pcall(json.encode, { deep })):match("nested .*")))") ==
          "2000\tnested deeper than 1000 levels\n");
    CHECK(output_of(R"(
        local doubled = { ("x"):rep(1000) }
        for _ = 1, 40 do doubled = { doubled, doubled } end
        print(select(2, pcall(json.encode, doubled))))") == "the JSON text would be longer than 64 MiB\n");
}

TEST_CASE("JSON is read into tables, strings, numbers, booleans and json.null")
{
    CHECK(output_of(R"(
        local v = assert(json.decode(' {"s": "\\u00fc\\ud83d\\ude00\\n\\u0000", "l": [1, [], {}, null, true], "d": 1, "d": 2} '))
        print(v.s == "ü😀\n\0", #v.l, v.l[4] == json.null, v.l[5], v.d)
        print(json.encode(v.l), json.encode(v.l[2]), json.encode(v.l[3]))
        print(json.decode("null") == json.null, json.decode("false"), json.null, type(json.null)))") ==
          "true\t5\ttrue\ttrue\t2\n[1,[],{},null,true]\t[]\t{}\ntrue\tfalse\tnull\tuserdata\n");
}

TEST_CASE("what is no JSON is a value that says what is wrong and where")
{
    CHECK(failure(R"('[\n 1,\n "ü", x]')") == "nil\tinvalid_json\tJSON, line 3, column 7 (byte 14): unexpected 'x'\n");
    CHECK_THAT(failure("''"), Contains("column 1 (byte 1): there is no value"));
    CHECK_THAT(failure("' \\n'"), Contains("there is no value"));
    CHECK_THAT(failure("'{\"a\":'"), Contains("(byte 6): the text ends in the middle of the value"));
    CHECK_THAT(failure("'1 2'"), Contains("(byte 3): unexpected '2' after the value"));
    CHECK_THAT(failure("'[1,]'"), Contains("(byte 4): unexpected ']'"));
    CHECK_THAT(failure("'NaN'"), Contains("unexpected 'N'"));
    CHECK_THAT(failure("'[1e400]'"), Contains("a number beyond 1.8e308"));
    CHECK_THAT(failure("'1e99999999999'"), Contains("a number beyond 1.8e308"));
    CHECK_THAT(failure("'\"\\255\"'"), Contains("(byte 2): unexpected byte 0xff"));
    CHECK_THAT(failure("'\"\\\\ud800\"'"), Contains("(byte 8): unexpected"));
    CHECK_THAT(failure("'\"\\\\ux\"'"), Contains("expected hex digit"));
    CHECK_THAT(failure("'\\239\\187\\191{}'"), Contains("unexpected byte 0xef"));
}

TEST_CASE("depth and size of what is read as JSON are bounded, and the limits are parameters")
{
    CHECK_THAT(failure("('['):rep(101)"), Contains("too_deep") && Contains("deeper than max_depth, 100"));
    CHECK(output_of("print(type(json.decode(('['):rep(100) .. (']'):rep(100))))") == "table\n");
    CHECK_THAT(failure("'[[1]]', { max_depth = 1 }"), Contains("too_deep") && Contains("(byte 2)"));
    CHECK(output_of("print(type(json.decode(('['):rep(1000) .. (']'):rep(1000), { max_depth = 1000 })))") == "table\n");
    CHECK(failure("'[[1]]', { max_size = 4 }") ==
          "nil\ttoo_long\tJSON: the text has 5 bytes, more than 4 (max_size)\n");
    CHECK_THAT(failure("(' '):rep(1048577)"), Contains("too_long"));
    moonwire::EngineOptions options;
    options.memory_limit = 4 << 20;
    CHECK_THAT(error_of("json.decode('[' .. ('[],'):rep(300000) .. '1]')", options), Contains("memory"));
}

TEST_CASE("misuse of json throws with the argument's name")
{
    CHECK_THAT(error_of("json.decode(1)"), Contains("(text)") && Contains("expected a string, got 1"));
    CHECK_THAT(error_of("json.encode({}, { ident = 2 })"), Contains("did you mean \"indent\"?"));
    CHECK_THAT(error_of("json.encode({}, { indent = 9 })"), Contains("options.indent") && Contains("from 0 to 8"));
    CHECK_THAT(error_of("json.decode('1', { max_depth = 0 })"), Contains("options.max_depth"));
    CHECK_THAT(error_of("json.array(1)"), Contains("(t)") && Contains("got 1"));
    CHECK_THAT(error_of("json.array(setmetatable({}, {}))"), Contains("a table without a metatable"));
    CHECK(output_of("local t = {} print(json.array(t) == t, json.array(json.array(t)) == t)") == "true\ttrue\n");
}

TEST_CASE("random garbage and damaged JSON are decoded or refused, and what is decoded can be written")
{
    CHECK(output_of(R"(
        random.bytes(1)
        math.randomseed(7)
        local whole = json.encode { a = { 1, 2.5, "text \\ \n ü", json.null }, b = { c = true, d = json.array {} } }
        local alphabet = { "[", "]", "{", "}", ",", ":", '"', "\\", "u", "1", "-", ".", "e", "true", "null", " ", "\255" }
        local decoded, refused = 0, 0
        local function try(text)
            local value, err = json.decode(text)
            if value == nil then
                assert(err.code == "invalid_json" and err.message:find("line %d+, column %d+"), err)
                refused = refused + 1
            else
                local again = json.encode(value)
                assert(json.encode(json.decode(again)) == again)
                decoded = decoded + 1
            end
        end
        for i = 1, 20000 do
            try(random.bytes(random.integer(0, 20)))
            local parts = {}
            for j = 1, random.integer(1, 12) do parts[j] = alphabet[random.integer(1, #alphabet)] end
            try(table.concat(parts))
            local place = random.integer(1, #whole)
            try(whole:sub(1, place - 1) .. alphabet[random.integer(1, #alphabet)] .. whole:sub(place + random.integer(0, 2)))
            try(whole:sub(1, place))
        end
        print(decoded > 1000, refused > 50000))") == "true\ttrue\n");
}
