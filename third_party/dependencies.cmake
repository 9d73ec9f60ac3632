# Finds what moonwire is built from. What is missing is named by its Debian package.
list(APPEND CMAKE_MODULE_PATH ${CMAKE_CURRENT_LIST_DIR})

macro(moonwire_require package debian_package)
  find_package(${package} ${ARGN} QUIET)
  if(NOT ${package}_FOUND)
    message(FATAL_ERROR
      "moonwire needs ${package}, which was not found.\n"
      "On Debian and Ubuntu: apt-get install ${debian_package}\n"
      "or run third_party/setup, which installs everything at once.")
  endif()
endmacro()

moonwire_require(Boost libboost1.81-dev 1.81)
moonwire_require(LuaJIT libluajit-5.1-dev)
moonwire_require(OpenSSL libssl-dev 3.0)
moonwire_require(ZLIB zlib1g-dev)
moonwire_require(Pcap libpcap-dev)
moonwire_require(Threads libc6-dev)
moonwire_require(CLI11 libcli11-dev)
moonwire_require(fmt libfmt-dev)
moonwire_require(tomlplusplus libtomlplusplus-dev)
moonwire_require(Libedit libedit-dev)
if(MOONWIRE_TESTS)
  moonwire_require(Catch2 catch2 2.13)
endif()
