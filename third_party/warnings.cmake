# The warnings that moonwire's own code is free of, with g++ 12 and clang 14.
add_library(moonwire_warnings INTERFACE)
target_compile_options(moonwire_warnings INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wsign-conversion -Wold-style-cast
  -Woverloaded-virtual)
if(MOONWIRE_WERROR)
  target_compile_options(moonwire_warnings INTERFACE -Werror)
endif()
