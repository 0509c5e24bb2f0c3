# SPDX-License-Identifier: MIT
# The rooms of src/ that tests, fuzz targets and benchmarks link, built as an ordinary hosted
# library. System calls still go through src/arch/<arch>/trap.h: a trap works in any program.
# panic() is not part of it: each program brings its own.
# pure counts what requests cost (base/cost.h), pure_uncounted is for benchmarks.
set(pure pure)
if(MINHTTP_BENCH)
  list(APPEND pure pure_uncounted)
endif()
foreach(library ${pure})
  add_library(${library} STATIC ${MINHTTP_FAST} ${MINHTTP_SMALL})
  # For quotes only: <sys/time.h> is the C library's, "sys/time.h" is ours.
  target_compile_options(${library} PUBLIC "SHELL:-iquote ${CMAKE_SOURCE_DIR}" "SHELL:-iquote ${CMAKE_SOURCE_DIR}/src"
    "SHELL:-iquote ${CMAKE_SOURCE_DIR}/src/arch/${MINHTTP_ARCH}" ${MINHTTP_WARNINGS} ${MINHTTP_PREFIX} ${MINHTTP_CLEAR})
  target_compile_definitions(${library} PRIVATE MINHTTP_VERSION="${PROJECT_VERSION}")
endforeach()
target_compile_definitions(pure PUBLIC MINHTTP_COUNT_COST)

# Branches as a reader counts them: without optimization, and without the ways out that
# exceptions would take, of which src/ has none. The library comes first on the command line:
# of a function in a header the copy that counts is the one that is kept. The loops are
# compiled for what only they call of serve/'s headers. base/ is not counted, but hashes a lot.
if(MINHTTP_COVERAGE)
  target_sources(pure PRIVATE src/loop/plain.cc src/loop/plain_http.cc src/loop/epoll.cc src/loop/epoll_accept.cc
    src/loop/epoll_room.cc src/loop/epoll_pass.cc)
  target_compile_options(pure PRIVATE --coverage -fno-exceptions)
  target_link_options(pure INTERFACE --coverage -Wl,--whole-archive,$<TARGET_FILE:pure>,--no-whole-archive)
  set_source_files_properties(src/crypto/sha512.cc src/crypto/sha512_crypt.cc PROPERTIES COMPILE_OPTIONS "-O2;-fno-profile-arcs;-fno-test-coverage")
endif()

# rt/mem.cc under other names, so that it can stand beside the C library's functions.
add_library(mem_renamed OBJECT src/rt/mem.cc)
target_compile_options(mem_renamed PRIVATE -ffreestanding ${MINHTTP_WARNINGS} ${MINHTTP_PREFIX}
  -Dmemcpy=minhttp_memcpy -Dmemmove=minhttp_memmove -Dmemset=minhttp_memset -Dmemcmp=minhttp_memcmp
  -Dstrlen=minhttp_strlen)
