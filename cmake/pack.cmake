# SPDX-License-Identifier: MIT
# minhttp-pack, a hosted program: it runs where sites are built, and links the server's own rooms for the rules of what a
# site has. Of these, those that make system calls make them directly: a trap works in any program.
find_path(MINHTTP_CLI11 CLI/CLI.hpp)
find_path(MINHTTP_GUMBO gumbo.h)
foreach(library brotlienc brotlidec zstd deflate gumbo)
  find_library(MINHTTP_LIB_${library} ${library})
  if(NOT MINHTTP_LIB_${library})
    list(APPEND missing ${library})
  endif()
endforeach()
if(missing OR NOT MINHTTP_CLI11 OR NOT MINHTTP_GUMBO)
  message(STATUS "minhttp-pack is not built: install the Debian packages libcli11-dev libbrotli-dev libzstd-dev libdeflate-dev libgumbo-dev")
  return()
endif()
find_package(Threads REQUIRED)

file(GLOB pack_sources CONFIGURE_DEPENDS tools/pack/*.cc)
list(REMOVE_ITEM pack_sources ${CMAKE_SOURCE_DIR}/tools/pack/main.cc)
# Everything but main(), for the program and for its tests.
add_library(pack STATIC EXCLUDE_FROM_ALL ${pack_sources})
set(pack_rooms ${MINHTTP_FAST} ${MINHTTP_SMALL})
list(FILTER pack_rooms INCLUDE REGEX "^src/(base|crypto|gzip|http|rules|site)/")
add_library(pack_rooms STATIC EXCLUDE_FROM_ALL ${pack_rooms})
target_compile_options(pack_rooms PRIVATE "SHELL:-iquote ${CMAKE_SOURCE_DIR}/src/arch/${MINHTTP_ARCH}" ${MINHTTP_WARNINGS} ${MINHTTP_PREFIX}
  -ffunction-sections -fdata-sections)
foreach(library pack pack_rooms)
  target_compile_options(${library} PUBLIC "SHELL:-iquote ${CMAKE_SOURCE_DIR}" "SHELL:-iquote ${CMAKE_SOURCE_DIR}/src")
  target_compile_definitions(${library} PRIVATE MINHTTP_VERSION="${PROJECT_VERSION}")
endforeach()
target_compile_options(pack PUBLIC "SHELL:-iquote ${CMAKE_SOURCE_DIR}/tools" "SHELL:-iquote ${CMAKE_SOURCE_DIR}/src/arch/${MINHTTP_ARCH}"
  ${MINHTTP_WARNINGS} ${MINHTTP_PREFIX})
if(CMAKE_CXX_COMPILER_ID STREQUAL GNU)
  target_compile_options(pack PUBLIC -Wno-restrict) # g++ 12 warns of "text" + string (its bug 105651)
endif()
target_include_directories(pack SYSTEM PUBLIC ${MINHTTP_CLI11} ${MINHTTP_GUMBO})
target_link_libraries(pack PUBLIC pack_rooms ${MINHTTP_LIB_brotlienc} ${MINHTTP_LIB_brotlidec} ${MINHTTP_LIB_zstd}
  ${MINHTTP_LIB_deflate} ${MINHTTP_LIB_gumbo} Threads::Threads)
add_executable(minhttp-pack tools/pack/main.cc)
target_link_libraries(minhttp-pack PRIVATE pack)
target_link_options(minhttp-pack PRIVATE LINKER:--gc-sections)
# A release builds the server only, which needs none of these libraries.
install(TARGETS minhttp-pack RUNTIME OPTIONAL)

if(MINHTTP_TESTS)
  find_package(GTest REQUIRED) # Debian: libgtest-dev
  add_executable(pack-tests tests/pack/packer_test.cc)
  target_link_libraries(pack-tests PRIVATE pack GTest::gtest GTest::gtest_main)
  add_test(NAME pack.units COMMAND pack-tests)
endif()
