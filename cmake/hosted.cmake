# SPDX-License-Identifier: MIT
# The rooms of src/ that tests, fuzz targets and benchmarks link, built as an ordinary hosted
# library. System calls still go through src/arch/<arch>/trap.h: a trap works in any program.
# panic() is not part of it: each program brings its own.
# pure counts what requests cost (base/cost.h), pure_uncounted is for benchmarks.
# What never makes a system call is compiled once for the simulator too: pure_rooms, which therefore finds no trap.h.
set(pure_rooms ${MINHTTP_FAST} ${MINHTTP_SMALL})
list(FILTER pure_rooms INCLUDE REGEX "^src/(base|crypto|gzip|http|h1|rules)/")
set(pure_others ${MINHTTP_FAST} ${MINHTTP_SMALL})
list(REMOVE_ITEM pure_others ${pure_rooms})
add_library(pure_rooms OBJECT EXCLUDE_FROM_ALL ${pure_rooms})
add_library(pure STATIC EXCLUDE_FROM_ALL ${pure_others} $<TARGET_OBJECTS:pure_rooms>)
set(pure pure_rooms pure)
if(MINHTTP_BENCH)
  add_library(pure_uncounted STATIC EXCLUDE_FROM_ALL ${MINHTTP_FAST} ${MINHTTP_SMALL})
  list(APPEND pure pure_uncounted)
endif()
foreach(library ${pure})
  # For quotes only: <sys/time.h> is the C library's, "sys/time.h" is ours.
  target_compile_options(${library} PUBLIC "SHELL:-iquote ${CMAKE_SOURCE_DIR}" "SHELL:-iquote ${CMAKE_SOURCE_DIR}/src"
    ${MINHTTP_WARNINGS} ${MINHTTP_PREFIX} ${MINHTTP_CLEAR})
  target_compile_definitions(${library} PRIVATE MINHTTP_VERSION="${PROJECT_VERSION}")
  if(NOT library STREQUAL pure_rooms)
    target_compile_options(${library} PUBLIC "SHELL:-iquote ${CMAKE_SOURCE_DIR}/src/arch/${MINHTTP_ARCH}")
  endif()
endforeach()
target_compile_definitions(pure_rooms PRIVATE MINHTTP_COUNT_COST)
target_compile_definitions(pure PUBLIC MINHTTP_COUNT_COST)

# Branches as a reader counts them: without optimization, and without the ways out that
# exceptions would take, of which src/ has none. The library comes first on the command line:
# of a function in a header the copy that counts is the one that is kept. The loops are
# compiled for what only they call of serve/'s headers. base/ is not counted, but hashes a lot.
if(MINHTTP_COVERAGE)
  target_sources(pure PRIVATE src/loop/plain.cc src/loop/plain_http.cc src/loop/epoll.cc src/loop/epoll_accept.cc
    src/loop/epoll_room.cc src/loop/epoll_pass.cc)
  foreach(library pure_rooms pure)
    target_compile_options(${library} PRIVATE --coverage -fno-exceptions)
  endforeach()
  target_link_options(pure INTERFACE --coverage -Wl,--whole-archive,$<TARGET_FILE:pure>,--no-whole-archive)
  set_source_files_properties(src/crypto/sha512.cc src/crypto/sha512_crypt.cc PROPERTIES COMPILE_OPTIONS "-O2;-fno-profile-arcs;-fno-test-coverage")
endif()

# rt/mem.cc under other names, so that it can stand beside the C library's functions.
add_library(mem_renamed OBJECT EXCLUDE_FROM_ALL src/rt/mem.cc)
target_compile_options(mem_renamed PRIVATE -ffreestanding ${MINHTTP_WARNINGS} ${MINHTTP_PREFIX}
  -Dmemcpy=minhttp_memcpy -Dmemmove=minhttp_memmove -Dmemset=minhttp_memset -Dmemcmp=minhttp_memcmp
  -Dstrlen=minhttp_strlen)
