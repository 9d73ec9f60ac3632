# moonwire_layer(<name> <folder> [HIDDEN] [UNINSTALLED] [PUBLIC …] [PRIVATE …]): a folder of C++ as a static library moonwire::<name>.
#
# Files include each other by their path from the root of the sources ("host/net/stream.hpp"). So that this does not open
# every folder to every other one, a layer's include directory holds nothing but a link to its own folder: a target sees
# the folders of the layers that it links to, and a wrong include does not compile (tests/build proves it). Nobody sees the
# folder of a HIDDEN layer. An UNINSTALLED one belongs to the command, not to the library.
function(moonwire_layer name folder)
  cmake_parse_arguments(arg "HIDDEN;UNINSTALLED" "" "PUBLIC;PRIVATE" ${ARGN})
  # Globbed so that a new file needs no second place to be named in; CONFIGURE_DEPENDS notices it.
  file(GLOB sources CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/${folder}/*.cpp)
  add_library(moonwire_${name} STATIC ${sources})
  add_library(moonwire::${name} ALIAS moonwire_${name})

  set(root ${PROJECT_BINARY_DIR}/layers/${name})
  cmake_path(GET folder PARENT_PATH parent)
  file(MAKE_DIRECTORY ${root}/${parent})
  file(CREATE_LINK ${PROJECT_SOURCE_DIR}/${folder} ${root}/${folder} SYMBOLIC)
  if(arg_HIDDEN)
    target_include_directories(moonwire_${name} PRIVATE ${root})
  else()
    target_include_directories(moonwire_${name} PUBLIC $<BUILD_INTERFACE:${root}>)
  endif()

  target_link_libraries(moonwire_${name}
    PUBLIC ${arg_PUBLIC} PRIVATE ${arg_PRIVATE} $<BUILD_INTERFACE:moonwire_warnings>)
  if(NOT arg_UNINSTALLED)
    moonwire_export(${name})
  endif()
endfunction()
