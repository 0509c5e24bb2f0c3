# SPDX-License-Identifier: MIT
# The rooms of src/ that tests, fuzz targets and benchmarks link, built as an ordinary hosted
# library. panic() is not part of it: each program brings its own.
# pure counts what requests cost (base/cost.h), and leaves to the program which kernel answers its system calls
# (tests/hosted/trap.h). pure_uncounted is for benchmarks, and makes them itself: a trap works in any program.
set(pure pure)
add_library(pure STATIC EXCLUDE_FROM_ALL ${MINHTTP_FAST} ${MINHTTP_SMALL} tests/hosted/kernel.cc)
set_source_files_properties(tests/hosted/kernel.cc PROPERTIES COMPILE_DEFINITIONS MINHTTP_TRAP="src/arch/${MINHTTP_ARCH}/trap.h")
target_compile_options(pure PUBLIC "SHELL:-iquote ${CMAKE_SOURCE_DIR}/tests/hosted")
target_compile_definitions(pure PUBLIC MINHTTP_COUNT_COST)
if(CMAKE_CROSSCOMPILING)
  # What tests/unit/machine needs of it.
  add_library(pure_machine STATIC EXCLUDE_FROM_ALL src/rt/output.cc src/crypto/sha512.cc src/crypto/sha512_crypt.cc
    src/crypto/content_hash.cc tests/hosted/kernel.cc)
  target_compile_options(pure_machine PUBLIC "SHELL:-iquote ${CMAKE_SOURCE_DIR}/tests/hosted")
  target_compile_definitions(pure_machine PUBLIC MINHTTP_COUNT_COST)
  list(APPEND pure pure_machine)
endif()
if(MINHTTP_BENCH)
  add_library(pure_uncounted STATIC EXCLUDE_FROM_ALL ${MINHTTP_FAST} ${MINHTTP_SMALL})
  target_compile_options(pure_uncounted PUBLIC "SHELL:-iquote ${CMAKE_SOURCE_DIR}/src/arch/${MINHTTP_ARCH}")
  list(APPEND pure pure_uncounted)
endif()
foreach(library ${pure})
  # For quotes only: <sys/time.h> is the C library's, "sys/time.h" is ours.
  target_compile_options(${library} PUBLIC "SHELL:-iquote ${CMAKE_SOURCE_DIR}" "SHELL:-iquote ${CMAKE_SOURCE_DIR}/src"
    ${MINHTTP_WARNINGS} ${MINHTTP_PREFIX} ${MINHTTP_CLEAR})
  target_compile_definitions(${library} PRIVATE MINHTTP_VERSION="${PROJECT_VERSION}")
endforeach()

# Branches as a reader counts them: without optimization, and without the ways out that
# exceptions would take, of which src/ has none. The library comes first on the command line:
# of a function in a header the copy that counts is the one that is kept. The loops are
# compiled for what only they call of serve/'s headers. base/ is not counted, but hashes a lot.
if(MINHTTP_COVERAGE)
  target_sources(pure PRIVATE src/loop/plain.cc src/loop/plain_http.cc src/loop/epoll.cc src/loop/epoll_accept.cc
    src/loop/epoll_drain.cc src/loop/epoll_evict.cc src/loop/epoll_pass.cc src/loop/epoll_metrics.cc)
  target_compile_options(pure PRIVATE --coverage -fno-exceptions)
  target_link_options(pure INTERFACE --coverage -Wl,--whole-archive,$<TARGET_FILE:pure>,--no-whole-archive)
  set_source_files_properties(src/crypto/sha512.cc src/crypto/sha512_crypt.cc PROPERTIES COMPILE_OPTIONS "-O2;-fno-profile-arcs;-fno-test-coverage")
endif()

# rt/mem.cc under other names, so that it can stand beside the C library's functions.
add_library(mem_renamed OBJECT EXCLUDE_FROM_ALL src/rt/mem.cc)
target_compile_options(mem_renamed PRIVATE -ffreestanding ${MINHTTP_WARNINGS} ${MINHTTP_PREFIX}
  -Dmemcpy=minhttp_memcpy -Dmemmove=minhttp_memmove -Dmemset=minhttp_memset -Dmemcmp=minhttp_memcmp
  -Dstrlen=minhttp_strlen)
