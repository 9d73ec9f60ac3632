#include "tests/support/process.hpp"

#include <catch2/catch.hpp>

using namespace moonwire::test;

namespace {

Finished python(const std::string& code, const std::string& input)
{
    return run({"python3", "-c", code}, input);
}

const char* const values = R"({
    "numbers": [0, -1, 9007199254740992, -9007199254740992, 0.1, 1e-7, 1.7976931348623157e308, 5e-324, 123456.789],
    "texts": ["", "ü", "\U0001f600", "\x00\x01\x1f\x7f", "\"\\/\b\f\n\r\t", "\u2028"],
    "empty": [[], {}, [[]], [{}]], "others": [None, True, False], "": {"key with \"": {"deep": [[[1]]]}},
})";

}  // namespace

TEST_CASE("JSON from Python is read and written back as the same value")
{
    for (const char* form : {"ensure_ascii=False", "ensure_ascii=True", "indent=4"}) {
        INFO(form);
        const Finished text = python("import json; print(json.dumps(" + std::string(values) + ", " + form + "))", "");
        REQUIRE(text.status == 0);
        for (const char* options : {"", ", { indent = 3 }"}) {
            const Finished back =
                run_moonwire({"-l", "json", "-e",
                              "io.write(json.encode(assert(json.decode(io.read('*a')))" + std::string(options) + "))"},
                             text.output);
            INFO(back.error);
            REQUIRE(back.status == 0);
            const Finished same =
                python("import json, sys; value = json.load(sys.stdin); print(value == " + std::string(values) + ")",
                       back.output);
            CHECK(same.output == "True\n");
        }
    }
}

TEST_CASE("JSON of Lua's values is the JSON that Python writes with sorted keys")
{
    const Finished ours = run_moonwire({"-l", "json", "-e", R"(
        print(json.encode { z = 1, a = { true, json.null, "ü\n" }, M = { x = 1.5, [""] = json.array {} }, ["a.b"] = -3 }))"});
    const Finished theirs = python(
        "import json\n"
        "print(json.dumps({'z': 1, 'a': [True, None, 'ü\\n'], 'M': {'x': 1.5, '': []}, 'a.b': -3},\n"
        "                 sort_keys=True, separators=(',', ':'), ensure_ascii=False))",
        "");
    CHECK(ours.output == theirs.output);
}
