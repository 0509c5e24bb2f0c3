# SPDX-License-Identifier: MIT
# Warnings that both compilers know; they are errors, in src/ as in tests.
set(MINHTTP_WARNINGS -Wall -Wextra -Wshadow -Wconversion -Wsign-conversion -Wold-style-cast -Wimplicit-fallthrough
    -Wundef -Wno-missing-field-initializers -Werror)
# Paths in __FILE__ and debug information begin at the project's root, also where a compiler cache makes
# them relative to the build directory (CCACHE_BASEDIR).
file(RELATIVE_PATH up ${CMAKE_BINARY_DIR} ${CMAKE_SOURCE_DIR})
set(MINHTTP_PREFIX -ffile-prefix-map=${CMAKE_SOURCE_DIR}/= -ffile-prefix-map=${up}=)
# g++ clears more than 128 bytes with `rep stosq`, which takes its time to start: 10 ns for
# the record that each request begins with. Stores do the same in 3.
if(MINHTTP_ARCH STREQUAL x86_64 AND CMAKE_CXX_COMPILER_ID STREQUAL GNU)
  set(MINHTTP_CLEAR $<$<COMPILE_LANGUAGE:CXX>:-mmemset-strategy=unrolled_loop:256:noalign,libcall:-1:noalign>)
endif()
