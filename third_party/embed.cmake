# moonwire_embed(<target> <name> <file>…): puts the files into the target. The header "embedded/<name>.hpp" then declares
# moonwire::embedded::<name>(), a list of their names (without folder and last extension) and texts.
function(moonwire_embed target name)
  set(output ${PROJECT_BINARY_DIR}/embedded_${name})
  add_custom_command(
    OUTPUT ${output}/embedded/${name}.cpp ${output}/embedded/${name}.hpp
    COMMAND ${CMAKE_COMMAND} -DNAME=${name} -DOUTPUT=${output}/embedded "-DSOURCES=${ARGN}"
            -P ${PROJECT_SOURCE_DIR}/third_party/embed_script.cmake
    DEPENDS ${ARGN} ${PROJECT_SOURCE_DIR}/third_party/embed_script.cmake
    VERBATIM)
  target_sources(${target} PRIVATE ${output}/embedded/${name}.cpp ${output}/embedded/${name}.hpp)
  target_include_directories(${target} PRIVATE ${output})
endfunction()

# moonwire_embed_lua(<target> <layer> <folder>): the folder's .lua files, as <layer>_lua.
function(moonwire_embed_lua target layer folder)
  file(GLOB sources CONFIGURE_DEPENDS ${folder}/*.lua)
  moonwire_embed(${target} ${layer}_lua ${sources})
endfunction()
