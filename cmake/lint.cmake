# SPDX-License-Identifier: MIT
# clang-tidy reads all of src/, each file once; clang's own warnings are among what it reports. Nothing is compiled or linked.
find_program(MINHTTP_CLANG_TIDY clang-tidy REQUIRED)
set(lint ${MINHTTP_FAST} ${MINHTTP_SMALL} ${MINHTTP_PROGRAM} ${MINHTTP_PROGRAM_SMALL} src/app/case_study.cc src/rt/mem.cc src/rt/stack_guard.cc)
list(FILTER lint INCLUDE REGEX "\\.cc$")
add_library(compiled OBJECT EXCLUDE_FROM_ALL ${lint}) # never built, but in compile_commands.json
target_link_libraries(compiled PRIVATE freestanding)
target_compile_definitions(compiled PRIVATE MINHTTP_VERSION="${PROJECT_VERSION}")
file(GLOB_RECURSE headers CONFIGURE_DEPENDS src/*.h tables/*)
foreach(file ${lint})
  string(REPLACE "/" "_" read ${file})
  add_custom_command(OUTPUT ${read} COMMAND ${MINHTTP_CLANG_TIDY} --quiet -p ${CMAKE_BINARY_DIR} ${MINHTTP_TIDY_OPTIONS} ${CMAKE_SOURCE_DIR}/${file}
                     COMMAND ${CMAKE_COMMAND} -E touch ${read} DEPENDS ${file} ${headers} .clang-tidy VERBATIM)
  list(APPEND all_read ${read})
endforeach()
add_custom_target(lint ALL DEPENDS ${all_read})
