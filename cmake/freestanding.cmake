# SPDX-License-Identifier: MIT
# How src/ is compiled for the programs, and for those who only read it (cmake/lint.cmake).

# Lines for bench/size: the code is the same with and without them, and the program is stripped.
if(NOT CMAKE_BUILD_TYPE STREQUAL Debug)
  set(MINHTTP_DEBUG -g1)
endif()

add_library(freestanding INTERFACE)
target_include_directories(freestanding INTERFACE ${CMAKE_SOURCE_DIR} ${CMAKE_SOURCE_DIR}/src
                                                  ${CMAKE_SOURCE_DIR}/src/arch/${MINHTTP_ARCH})
target_compile_options(freestanding INTERFACE
  $<$<COMPILE_LANGUAGE:CXX>:-ffreestanding -fno-exceptions -fno-rtti -fno-threadsafe-statics
  -fno-asynchronous-unwind-tables -fno-unwind-tables -fvisibility=hidden -ffunction-sections -fdata-sections
  -fno-jump-tables -falign-functions=1 $<$<CXX_COMPILER_ID:GNU>:-fno-align-jumps$<SEMICOLON>-fno-align-labels> ${MINHTTP_DEBUG} ${MINHTTP_WARNINGS} ${MINHTTP_PREFIX}>
  $<$<AND:$<COMPILE_LANGUAGE:CXX>,$<STREQUAL:${MINHTTP_ARCH},x86_64>>:-fcf-protection=none>
  # else an atomic word is a call into a library
  $<$<AND:$<COMPILE_LANGUAGE:CXX>,$<STREQUAL:${MINHTTP_ARCH},aarch64>>:-mno-outline-atomics>)
