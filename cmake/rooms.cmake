# talaria_precompile(TARGET FROM [header...]): TARGET's sources start from precompiled headers: those of the target FROM
# or, where it is TARGET itself, the named ones, compiled here. Who reuses them has the same flags.
option(TALARIA_PRECOMPILE "Compile the headers that most sources include once a build" ON)
function(talaria_precompile target from)
  if(NOT TALARIA_PRECOMPILE)
    return()
  elseif(target STREQUAL from)
    target_precompile_headers(${target} PRIVATE ${ARGN})
  else()
    target_precompile_headers(${target} REUSE_FROM ${from})
  endif()
endfunction()

# talaria_room(NAME [DEPENDS room...] [LINKS target...]): the sources beside the caller become the static library
# talaria_NAME. DEPENDS is the layering of DESIGN.md as the linker sees it; tests/repo checks the includes.
function(talaria_room name)
  cmake_parse_arguments(ROOM "" "" "DEPENDS;LINKS" ${ARGN})
  file(GLOB sources CONFIGURE_DEPENDS "${CMAKE_CURRENT_SOURCE_DIR}/*.cc" "${CMAKE_CURRENT_SOURCE_DIR}/*/*.cc")
  add_library(talaria_${name} STATIC ${sources})
  target_include_directories(talaria_${name} PUBLIC "${PROJECT_SOURCE_DIR}")
  target_link_libraries(talaria_${name} PRIVATE talaria_flags talaria_library_flags)
  foreach(room IN LISTS ROOM_DEPENDS)
    target_link_libraries(talaria_${name} PUBLIC talaria_${room})
  endforeach()
  target_link_libraries(talaria_${name} PUBLIC ${ROOM_LINKS})
  talaria_precompile(talaria_${name} talaria_base "${PROJECT_SOURCE_DIR}/cmake/precompiled.h")
endfunction()

# talaria_room_test(NAME [LINKS target...]): tests/NAME/*_test.cc become one doctest binary, NAME_test, that sees the
# room NAME and below. Slashes in NAME become underscores in target names.
function(talaria_room_test name)
  cmake_parse_arguments(TEST "" "" "LINKS" ${ARGN})
  string(REPLACE "/" "_" target "${name}")
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS "${PROJECT_SOURCE_DIR}/tests/${name}/*_test.cc")
  add_executable(${target}_test ${sources})
  target_link_libraries(${target}_test PRIVATE talaria_test_main talaria_${target} ${TEST_LINKS})
  talaria_precompile(${target}_test talaria_test_main)
  add_test(NAME ${target}_test COMMAND ${target}_test)
  # A binary whose every case needed what is absent exits 77: ctest then says Skipped, never Passed.
  set_tests_properties(${target}_test PROPERTIES SKIP_RETURN_CODE 77 LABELS unit TIMEOUT 1200)
endfunction()
