# What `cmake --install` installs beside the command: the library, for find_package(moonwire) and moonwire::host.
include(GNUInstallDirs)
include(CMakePackageConfigHelpers)

# moonwire_export(<name>): the library moonwire_<name> is installed and known to users as moonwire::<name>. The archives of
# all layers are, as moonwire::host is linked from them; only its headers are public.
function(moonwire_export name)
  set_target_properties(moonwire_${name} PROPERTIES EXPORT_NAME ${name})
  install(TARGETS moonwire_${name} EXPORT moonwire ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR})
endfunction()

function(moonwire_install_package)
  set(folder ${CMAKE_INSTALL_LIBDIR}/cmake/moonwire)
  write_basic_package_version_file(${PROJECT_BINARY_DIR}/moonwireConfigVersion.cmake COMPATIBILITY SameMinorVersion)
  install(EXPORT moonwire NAMESPACE moonwire:: FILE moonwireTargets.cmake DESTINATION ${folder})
  install(FILES
    ${PROJECT_BINARY_DIR}/moonwireConfigVersion.cmake
    ${PROJECT_SOURCE_DIR}/third_party/moonwireConfig.cmake
    ${PROJECT_SOURCE_DIR}/third_party/FindLuaJIT.cmake
    ${PROJECT_SOURCE_DIR}/third_party/FindPcap.cmake
    DESTINATION ${folder})
  install(DIRECTORY ${PROJECT_SOURCE_DIR}/host/include/moonwire DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
endfunction()
