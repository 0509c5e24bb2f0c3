# SPDX-License-Identifier: MIT
# The freestanding programs: no C library, no start files, nothing that the linker has to
# find elsewhere. A call to a function that we do not have fails to link, on purpose.

# -Oz is smaller than -Os by 1 %, and slower where a loop computes for long.
set(computing ${MINHTTP_SMALL})
list(FILTER computing INCLUDE REGEX "/gzip/|/crypto/")
set(small ${MINHTTP_SMALL} ${MINHTTP_PROGRAM_SMALL})
list(REMOVE_ITEM small ${computing})
set_source_files_properties(${computing} PROPERTIES COMPILE_OPTIONS "$<$<CONFIG:Release>:-Os>")
set_source_files_properties(${small} PROPERTIES COMPILE_OPTIONS "$<$<CONFIG:Release>:-Oz>")

# The memory functions are no part of link-time optimization: the compiler would find
# memcpy in memcpy, or drop one that it calls only later.
add_library(mem OBJECT src/rt/mem.cc)
target_link_options(freestanding INTERFACE -nostdlib -static -fno-asynchronous-unwind-tables -fno-unwind-tables
  LINKER:--gc-sections LINKER:--build-id=$<IF:$<CONFIG:Debug>,sha1,none>
  LINKER:-z,noexecstack LINKER:--fatal-warnings)
target_link_libraries(mem PRIVATE freestanding)
target_compile_options(mem PRIVATE -fno-stack-protector)

# The stack protector's canary: on x86-64 the compiler finds it by its name, elsewhere by a register
# (src/arch/*/stack_guard.S). What it refers to is defined outside link-time optimization. All functions
# with arrays or with the address of a local have it; in the files of every request, where the latter
# would cost 3.5 % of a's instructions, those with arrays of bytes. docs/decisions/23-hardening.md
set(MINHTTP_PROTECT -fstack-protector-strong)
set_property(SOURCE ${MINHTTP_FAST} src/serve/clock.cc src/loop/epoll.cc src/loop/epoll_accept.cc
             APPEND PROPERTY COMPILE_OPTIONS -fstack-protector)
if(MINHTTP_ARCH STREQUAL x86_64)
  list(APPEND MINHTTP_PROTECT -mstack-protector-guard=global)
elseif(MINHTTP_ARCH STREQUAL aarch64)
  list(APPEND MINHTTP_PROTECT -mstack-protector-guard=sysreg -mstack-protector-guard-reg=tpidr_el0 -mstack-protector-guard-offset=0)
else()
  list(APPEND MINHTTP_PROTECT -mstack-protector-guard=tls -mstack-protector-guard-reg=tp -mstack-protector-guard-offset=0)
endif()
# On aarch64 return addresses are signed, and an indirect branch ends where one is expected.
if(MINHTTP_ARCH STREQUAL aarch64)
  list(APPEND MINHTTP_PROTECT -mbranch-protection=standard)
  set(MINHTTP_FORCE_BTI LINKER:-z,force-bti) # every object says so, or the kernel does not switch it on
  target_compile_options(mem PRIVATE -mbranch-protection=standard)
endif()
add_library(stack_guard OBJECT src/rt/stack_guard.cc)
target_link_libraries(stack_guard PRIVATE freestanding)
target_compile_options(stack_guard PRIVATE $<$<COMPILE_LANGUAGE:CXX>:${MINHTTP_PROTECT}> -fno-stack-protector)
if(NOT MINHTTP_ARCH STREQUAL x86_64)
  target_sources(stack_guard PRIVATE src/arch/${MINHTTP_ARCH}/stack_guard.S)
endif()

set(MINHTTP_PROPERTY_SEGMENTS :constants)
if(MINHTTP_ARCH STREQUAL aarch64) # the kernel reads there that branches are protected
  set(MINHTTP_PROPERTY "property 0x6474e553 FLAGS(4); /* PT_GNU_PROPERTY of elf.h */")
  string(APPEND MINHTTP_PROPERTY_SEGMENTS " :property")
endif()
set(MINHTTP_BASE 0)
if(MINHTTP_ARCH STREQUAL riscv64) # where -static makes a program with a fixed address of a static-pie; the kernel keeps page 0 free
  set(MINHTTP_BASE 0x10000)
endif()
configure_file(src/app/minhttp.ld.in minhttp.ld @ONLY)

# An address that differs with every start: static-pie, which needs no relocations here,
# because no table holds a pointer. The debug build stays where it is linked: with less
# optimization some table does, and nobody applies relocations. A packed site takes the place of
# its build ID, as it has no header to spare (docs/pack-format.md).
add_executable(minhttp ${MINHTTP_FAST} ${MINHTTP_SMALL} ${MINHTTP_PROGRAM} ${MINHTTP_PROGRAM_SMALL}
                       $<TARGET_OBJECTS:mem> $<TARGET_OBJECTS:stack_guard>)
target_link_libraries(minhttp PRIVATE freestanding)
target_compile_options(minhttp PRIVATE ${MINHTTP_LTO} ${MINHTTP_CLEAR} $<$<COMPILE_LANGUAGE:CXX>:${MINHTTP_PROTECT}>)
target_link_options(minhttp PRIVATE ${MINHTTP_LTO} ${MINHTTP_PROTECT} ${MINHTTP_FORCE_BTI})
if(CMAKE_BUILD_TYPE STREQUAL Debug)
  target_compile_options(minhttp PRIVATE -fno-pie)
  target_link_options(minhttp PRIVATE -no-pie)
else()
  target_compile_options(minhttp PRIVATE -fPIE)
  target_link_options(minhttp PRIVATE -static-pie LINKER:--no-dynamic-linker LINKER:-z,text LINKER:-T,${CMAKE_BINARY_DIR}/minhttp.ld)
endif()
set_target_properties(minhttp PROPERTIES LINK_DEPENDS ${CMAKE_BINARY_DIR}/minhttp.ld)
target_compile_definitions(minhttp PRIVATE MINHTTP_VERSION="${PROJECT_VERSION}")

# The case study counts bytes: a fixed address, one segment, no section but .text; -Oz is
# what makes -Os smaller still.
add_executable(case-study src/arch/${MINHTTP_ARCH}/start.S src/rt/start.cc src/loop/listen.cc
                          src/loop/plain.cc src/app/case_study.cc $<TARGET_OBJECTS:mem>)
target_link_libraries(case-study PRIVATE freestanding)
target_compile_options(case-study PRIVATE ${MINHTTP_LTO} $<$<NOT:$<CONFIG:Debug>>:-Oz> -fno-pie -fno-stack-protector)
target_link_options(case-study PRIVATE LINKER:-T,${CMAKE_SOURCE_DIR}/src/app/case_study.ld ${MINHTTP_LTO})

# With symbols and lines the program is kept beside: bench/size tells from them whose the bytes are.
if(NOT CMAKE_BUILD_TYPE STREQUAL Debug)
  foreach(program minhttp case-study)
    if(program STREQUAL minhttp AND MINHTTP_ARCH STREQUAL aarch64)
      set(property) # the kernel reads there that branches are protected
    else()
      set(property -R .note.gnu.property)
    endif()
    add_custom_command(TARGET ${program} POST_BUILD
      COMMAND ${CMAKE_COMMAND} -E copy $<TARGET_FILE:${program}> $<TARGET_FILE:${program}>.symbols
      COMMAND ${CMAKE_STRIP} --strip-all -R .comment ${property} -R .riscv.attributes $<TARGET_FILE:${program}>)
  endforeach()
endif()

# cmake --install
include(GNUInstallDirs)
install(TARGETS minhttp case-study RUNTIME)
install(DIRECTORY share/ DESTINATION ${CMAKE_INSTALL_DATAROOTDIR})
install(FILES LICENSE README.md CHANGELOG.md DESTINATION ${CMAKE_INSTALL_DOCDIR})
add_custom_target(uninstall COMMAND ${CMAKE_COMMAND} -DMANIFEST=${CMAKE_BINARY_DIR}/install_manifest.txt
                                    -P ${CMAKE_SOURCE_DIR}/cmake/uninstall.cmake)

# Behind the same sandbox, it tries what the server never would (tests/victim).
if(MINHTTP_TESTS AND NOT CMAKE_CROSSCOMPILING)
  add_executable(victim tests/victim/victim.cc src/guard/guard.cc src/arch/${MINHTTP_ARCH}/start.S src/rt/start.cc
                        src/rt/panic.cc src/rt/output.cc src/loop/listen.cc $<TARGET_OBJECTS:mem> $<TARGET_OBJECTS:stack_guard>)
  target_link_libraries(victim PRIVATE freestanding)
  target_compile_options(victim PRIVATE ${MINHTTP_CLEAR} $<$<COMPILE_LANGUAGE:CXX>:${MINHTTP_PROTECT}> -fno-pie)
endif()
