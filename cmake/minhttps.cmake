# SPDX-License-Identifier: MIT
# minhttps: the rooms of minhttp compiled for the C library, with src/tls/ and OpenSSL 3, which only src/tls/ sees.
#   MINHTTP_TLS         build it (off by itself where there is no static OpenSSL)
#   MINHTTP_TLS_SHARED  link libssl, libcrypto and libc dynamically, so that the system's updates reach them
option(MINHTTP_TLS "build minhttps, if OpenSSL 3 is there" ON)
option(MINHTTP_TLS_SHARED "link minhttps dynamically" OFF)

find_path(MINHTTP_OPENSSL openssl/ssl.h)
# A cache variable for each kind: CMake does not look again for what it has found, and libssl.a can be linked into a
# dynamic program, which the system's updates would then not reach.
if(MINHTTP_TLS_SHARED)
  set(kind SHARED)
  find_library(MINHTTP_LIBSSL_SHARED ssl)
  find_library(MINHTTP_LIBCRYPTO_SHARED crypto)
else()
  set(kind STATIC)
  find_library(MINHTTP_LIBSSL_STATIC libssl.a)
  find_library(MINHTTP_LIBCRYPTO_STATIC libcrypto.a)
endif()
set(MINHTTP_LIBSSL ${MINHTTP_LIBSSL_${kind}})
set(MINHTTP_LIBCRYPTO ${MINHTTP_LIBCRYPTO_${kind}})
if(NOT MINHTTP_TLS OR NOT MINHTTP_OPENSSL OR NOT MINHTTP_LIBSSL OR NOT MINHTTP_LIBCRYPTO)
  message(STATUS "no minhttps: it needs OpenSSL 3 (libssl-dev)")
  return()
endif()

if(NOT MINHTTP_TLS_SHARED)
  list(APPEND MINHTTP_TLS_SOURCES src/tls/absent.cc)
endif()
set(rooms ${MINHTTP_FAST} ${MINHTTP_SMALL} ${MINHTTP_PROGRAM} ${MINHTTP_PROGRAM_SMALL})
list(REMOVE_ITEM rooms src/arch/${MINHTTP_ARCH}/start.S src/rt/start.cc)
add_executable(minhttps ${rooms} ${MINHTTP_TLS_SOURCES})
# For quotes only: <sys/time.h> is the C library's, "sys/time.h" is ours.
target_compile_options(minhttps PRIVATE "SHELL:-iquote ${CMAKE_SOURCE_DIR}" "SHELL:-iquote ${CMAKE_SOURCE_DIR}/src"
  "SHELL:-iquote ${CMAKE_SOURCE_DIR}/src/arch/${MINHTTP_ARCH}"
  -fno-exceptions -fno-rtti -fno-threadsafe-statics -fno-asynchronous-unwind-tables -fno-unwind-tables
  -fvisibility=hidden -ffunction-sections -fdata-sections -fstack-protector-strong -fPIE
  ${MINHTTP_DEBUG} ${MINHTTP_WARNINGS} ${MINHTTP_PREFIX} ${MINHTTP_LTO} ${MINHTTP_CLEAR})
set_source_files_properties(${MINHTTP_TLS_SOURCES} PROPERTIES COMPILE_OPTIONS "-fstack-protector")
target_compile_definitions(minhttps PRIVATE MINHTTP_TLS MINHTTP_VERSION="${PROJECT_VERSION}")
# No C++ library: what would need it does not link.
target_link_options(minhttps PRIVATE ${MINHTTP_LTO} -nodefaultlibs LINKER:--gc-sections LINKER:-z,relro,-z,now LINKER:-z,noexecstack)
if(MINHTTP_TLS_SHARED)
  target_link_options(minhttps PRIVATE -pie)
  target_link_libraries(minhttps PRIVATE ${MINHTTP_LIBSSL} ${MINHTTP_LIBCRYPTO} c gcc)
else()
  # As in minhttp: an identifier would be made of the build directory, too (debug information), and differ with it.
  target_link_options(minhttps PRIVATE -static-pie LINKER:--build-id=none)
  target_link_libraries(minhttps PRIVATE ${MINHTTP_LIBSSL} ${MINHTTP_LIBCRYPTO} -Wl,--start-group c gcc gcc_eh -Wl,--end-group)
endif()
if(NOT CMAKE_BUILD_TYPE STREQUAL Debug)
  add_custom_command(TARGET minhttps POST_BUILD
    COMMAND ${CMAKE_COMMAND} -E copy $<TARGET_FILE:minhttps> $<TARGET_FILE:minhttps>.symbols
    COMMAND ${CMAKE_STRIP} --strip-all -R .comment $<TARGET_FILE:minhttps>)
endif()
install(TARGETS minhttps RUNTIME)
