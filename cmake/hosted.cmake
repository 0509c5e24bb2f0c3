# The rooms of src/ that tests, fuzz targets and benchmarks link, built as an ordinary hosted
# library. System calls still go through src/arch/<arch>/trap.h: a trap works in any program.
# panic() is not part of it: each program brings its own.
add_library(pure STATIC ${MINHTTP_FAST} ${MINHTTP_SMALL})
# For quotes only: <sys/time.h> is the C library's, "sys/time.h" is ours.
target_compile_options(pure PUBLIC "SHELL:-iquote ${CMAKE_SOURCE_DIR}" "SHELL:-iquote ${CMAKE_SOURCE_DIR}/src"
  "SHELL:-iquote ${CMAKE_SOURCE_DIR}/src/arch/${MINHTTP_ARCH}" ${MINHTTP_WARNINGS} ${MINHTTP_PREFIX} ${MINHTTP_CLEAR})
target_compile_definitions(pure PRIVATE MINHTTP_VERSION="${PROJECT_VERSION}")

# rt/mem.cc under other names, so that it can stand beside the C library's functions.
add_library(mem_renamed OBJECT src/rt/mem.cc)
target_compile_options(mem_renamed PRIVATE -ffreestanding ${MINHTTP_WARNINGS} ${MINHTTP_PREFIX}
  -Dmemcpy=minhttp_memcpy -Dmemmove=minhttp_memmove -Dmemset=minhttp_memset -Dmemcmp=minhttp_memcmp
  -Dstrlen=minhttp_strlen)
