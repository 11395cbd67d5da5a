# What `cmake --install` lays down: the headers, libtalaria.so, the talaria command, a CMake package and a pkg-config
# file. Everything finds its neighbours relative to itself, so the installed tree may be moved.
if(NOT TARGET talaria)
  return()
endif()
include(CMakePackageConfigHelpers)

# Libraries that ours loads and a system may not have are installed beside it, where its $ORIGIN finds them. Who links
# one says so: set_property(GLOBAL APPEND PROPERTY TALARIA_CARRIED_LIBRARIES /path/libname.so.3), by the file's own
# SONAME.
get_property(carried GLOBAL PROPERTY TALARIA_CARRIED_LIBRARIES)
foreach(library IN LISTS carried)
  file(REAL_PATH "${library}" file)
  get_filename_component(soname "${library}" NAME)
  install(FILES "${file}" DESTINATION "${CMAKE_INSTALL_LIBDIR}" RENAME "${soname}")
endforeach()

set_target_properties(talaria PROPERTIES INSTALL_RPATH "$ORIGIN")
install(TARGETS talaria EXPORT talariaTargets
  LIBRARY DESTINATION "${CMAKE_INSTALL_LIBDIR}"
  RUNTIME DESTINATION "${CMAKE_INSTALL_BINDIR}"
  ARCHIVE DESTINATION "${CMAKE_INSTALL_LIBDIR}")
install(DIRECTORY "${PROJECT_SOURCE_DIR}/include/talaria" DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}"
  FILES_MATCHING PATTERN "*.h" PATTERN "*.hpp")

if(TARGET talaria_command)
  file(RELATIVE_PATH to_libraries "${CMAKE_INSTALL_FULL_BINDIR}" "${CMAKE_INSTALL_FULL_LIBDIR}")
  set_target_properties(talaria_command PROPERTIES INSTALL_RPATH "$ORIGIN/${to_libraries}")
  install(TARGETS talaria_command RUNTIME DESTINATION "${CMAKE_INSTALL_BINDIR}")
endif()

set(package "${CMAKE_INSTALL_LIBDIR}/cmake/talaria")
install(EXPORT talariaTargets NAMESPACE talaria:: DESTINATION "${package}")
configure_package_config_file("${PROJECT_SOURCE_DIR}/cmake/talariaConfig.cmake.in"
  "${PROJECT_BINARY_DIR}/talariaConfig.cmake" INSTALL_DESTINATION "${package}")
# Hosts ask for the product's version; what they may link is the SONAME's business.
write_basic_package_version_file("${PROJECT_BINARY_DIR}/talariaConfigVersion.cmake" COMPATIBILITY SameMajorVersion)
install(FILES "${PROJECT_BINARY_DIR}/talariaConfig.cmake" "${PROJECT_BINARY_DIR}/talariaConfigVersion.cmake"
  DESTINATION "${package}")

file(RELATIVE_PATH TALARIA_PC_TO_PREFIX "${CMAKE_INSTALL_FULL_LIBDIR}/pkgconfig" "${CMAKE_INSTALL_PREFIX}")
string(REGEX REPLACE "/$" "" TALARIA_PC_TO_PREFIX "${TALARIA_PC_TO_PREFIX}")
file(RELATIVE_PATH TALARIA_PC_LIBDIR "${CMAKE_INSTALL_PREFIX}" "${CMAKE_INSTALL_FULL_LIBDIR}")
file(RELATIVE_PATH TALARIA_PC_INCLUDEDIR "${CMAKE_INSTALL_PREFIX}" "${CMAKE_INSTALL_FULL_INCLUDEDIR}")
configure_file("${PROJECT_SOURCE_DIR}/cmake/talaria.pc.in" "${PROJECT_BINARY_DIR}/talaria.pc" @ONLY)
install(FILES "${PROJECT_BINARY_DIR}/talaria.pc" DESTINATION "${CMAKE_INSTALL_LIBDIR}/pkgconfig")
