# moonwire_embed_lua(<target> <layer> <folder>): puts the folder's .lua files into the target. The header
# "embedded/<layer>_lua.hpp" then declares moonwire::embedded::<layer>_lua(), a list of their names and texts.
function(moonwire_embed_lua target layer folder)
  set(output ${PROJECT_BINARY_DIR}/embedded_${layer})
  file(GLOB sources CONFIGURE_DEPENDS ${folder}/*.lua)
  add_custom_command(
    OUTPUT ${output}/embedded/${layer}_lua.cpp ${output}/embedded/${layer}_lua.hpp
    COMMAND ${CMAKE_COMMAND} -DLAYER=${layer} -DOUTPUT=${output}/embedded "-DSOURCES=${sources}"
            -P ${PROJECT_SOURCE_DIR}/third_party/embed_lua_script.cmake
    DEPENDS ${sources} ${PROJECT_SOURCE_DIR}/third_party/embed_lua_script.cmake
    VERBATIM)
  target_sources(${target} PRIVATE ${output}/embedded/${layer}_lua.cpp ${output}/embedded/${layer}_lua.hpp)
  target_include_directories(${target} PRIVATE ${output})
endfunction()
