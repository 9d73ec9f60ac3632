# find_package(moonwire) gives moonwire::host. What its archives are linked with is found here; none of it reaches the
# include directories of those who use it.
include(CMakeFindDependencyMacro)
list(APPEND CMAKE_MODULE_PATH ${CMAKE_CURRENT_LIST_DIR})
find_dependency(Boost 1.81)
find_dependency(LuaJIT)
find_dependency(OpenSSL 3.0)
find_dependency(Pcap)
find_dependency(Threads)
find_dependency(ZLIB)
list(REMOVE_ITEM CMAKE_MODULE_PATH ${CMAKE_CURRENT_LIST_DIR})
include(${CMAKE_CURRENT_LIST_DIR}/moonwireTargets.cmake)
