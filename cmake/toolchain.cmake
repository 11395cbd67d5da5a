# Language level, warnings and sanitizers for every target of ours.
set(CMAKE_CXX_STANDARD 17)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_C_STANDARD 99)
set(CMAKE_C_STANDARD_REQUIRED ON)
set(CMAKE_C_EXTENSIONS OFF)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
set(CMAKE_C_VISIBILITY_PRESET hidden)
set(CMAKE_CXX_VISIBILITY_PRESET hidden)
set(CMAKE_VISIBILITY_INLINES_HIDDEN ON)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
if(NOT CMAKE_BUILD_TYPE AND NOT CMAKE_CONFIGURATION_TYPES)
  set(CMAKE_BUILD_TYPE Release)
endif()

add_library(talaria_flags INTERFACE)
# -ffp-contract=off: gcc fuses a*b+c across statements by default and clang within one; the promise of equal bits
# allows only the fused operations that a kernel asks for by name.
target_compile_options(talaria_flags INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wvla -Wundef -Wcast-qual -Wpointer-arith -Wimplicit-fallthrough
  $<$<COMPILE_LANGUAGE:CXX>:-Wnon-virtual-dtor;-Wold-style-cast;-Woverloaded-virtual;-Wextra-semi>
  $<$<COMPILE_LANGUAGE:C>:-Wstrict-prototypes;-Wmissing-prototypes>
  -ffp-contract=off)
if(TALARIA_WERROR)
  target_compile_options(talaria_flags INTERFACE -Werror)
endif()

# For what is shipped, and not for tests: no code runs when the library is loaded, so no registry fills itself and no
# global object constructs. Only clang can say.
add_library(talaria_library_flags INTERFACE)
target_compile_options(talaria_library_flags INTERFACE
  $<$<COMPILE_LANG_AND_ID:CXX,Clang,AppleClang>:-Wglobal-constructors>)

if(TALARIA_SANITIZE)
  target_compile_options(talaria_flags INTERFACE
    -fsanitize=${TALARIA_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer)
  target_link_options(talaria_flags INTERFACE -fsanitize=${TALARIA_SANITIZE})
endif()

if(TALARIA_BUILD_FUZZERS)
  # A fuzzer goes by the branches that an input takes: they are in the rooms, not in the fuzz target.
  target_compile_options(talaria_library_flags INTERFACE -fsanitize=fuzzer-no-link)
endif()
