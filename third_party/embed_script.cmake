# Run by moonwire_embed: writes the header and the source that hold the files.
set(header "#pragma once\n\n#include <span>\n#include <string_view>\n\n")
string(APPEND header "namespace moonwire::embedded {\n\n")
string(APPEND header "struct ${NAME}_file {\n    std::string_view name;\n    std::string_view source;\n};\n\n")
string(APPEND header "std::span<const ${NAME}_file> ${NAME}();\n\n}  // namespace moonwire::embedded\n")

set(texts "")
set(entries "")
set(number 0)
foreach(source ${SOURCES})
  cmake_path(GET source STEM LAST_ONLY name)
  # As bytes: a string literal has a largest length, and Lua has brackets that CMake's lists would trip over.
  file(READ ${source} hex HEX)
  string(REGEX REPLACE "([0-9a-f][0-9a-f])" "0x\\1," bytes "${hex}")
  string(APPEND texts "constexpr unsigned char text_${number}[] = {${bytes}0};\n")
  string(APPEND entries
    "    {\"${name}\", {reinterpret_cast<const char*>(text_${number}), sizeof text_${number} - 1}},\n")
  math(EXPR number "${number} + 1")
endforeach()

file(WRITE ${OUTPUT}/${NAME}.hpp "${header}")
file(WRITE ${OUTPUT}/${NAME}.cpp
"#include \"embedded/${NAME}.hpp\"

namespace moonwire::embedded {

namespace {

${texts}
}  // namespace

std::span<const ${NAME}_file> ${NAME}()
{
    static const ${NAME}_file files[] = {
${entries}    };
    return files;
}

}  // namespace moonwire::embedded
")
