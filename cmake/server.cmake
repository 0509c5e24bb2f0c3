# The freestanding programs: no C library, no start files, nothing that the linker has to
# find elsewhere. A call to a function that we do not have fails to link, on purpose.

set(MINHTTP_ROOMS
    src/arch/${MINHTTP_ARCH}/start.S
    src/rt/start.cc src/rt/panic.cc
    src/tell/log.cc
    src/http/host.cc src/http/parse.cc src/http/body.cc src/http/path.cc src/http/date.cc src/http/range.cc
    src/http/response.cc src/http/mime.cc src/http/escape.cc src/http/accept.cc src/http/listing.cc
    src/site/walk.cc src/site/files.cc src/site/listing.cc
    src/serve/clock.cc src/serve/answer.cc src/serve/listing.cc src/serve/step.cc
    src/loop/listen.cc src/loop/plain.cc src/loop/plain_talk.cc src/loop/epoll.cc
    src/app/message.cc src/app/flags.cc src/app/address.cc src/app/run.cc src/app/main.cc)

# Start-up runs once: there, small is better than fast.
set_source_files_properties(src/app/message.cc src/app/flags.cc src/app/address.cc src/app/run.cc src/app/main.cc
                            PROPERTIES COMPILE_OPTIONS "$<$<CONFIG:Release>:-Os>")

# A listing's text is made at the pace of its directory and its client.
set_source_files_properties(src/http/escape.cc src/http/accept.cc src/http/listing.cc src/serve/listing.cc
                            PROPERTIES COMPILE_OPTIONS "$<$<CONFIG:Release>:-Os>")

# The memory functions are no part of link-time optimization: the compiler would find
# memcpy in memcpy, or drop one that it calls only later.
add_library(mem OBJECT src/rt/mem.cc)

add_library(freestanding INTERFACE)
target_include_directories(freestanding INTERFACE ${CMAKE_SOURCE_DIR} ${CMAKE_SOURCE_DIR}/src
                                                  ${CMAKE_SOURCE_DIR}/src/arch/${MINHTTP_ARCH})
target_compile_options(freestanding INTERFACE
  $<$<COMPILE_LANGUAGE:CXX>:-ffreestanding -fno-exceptions -fno-rtti -fno-stack-protector -fno-threadsafe-statics
  -fno-asynchronous-unwind-tables -fno-unwind-tables -fvisibility=hidden -ffunction-sections -fdata-sections
  -fno-jump-tables ${MINHTTP_WARNINGS} ${MINHTTP_PREFIX}>
  $<$<AND:$<COMPILE_LANGUAGE:CXX>,$<STREQUAL:${MINHTTP_ARCH},x86_64>>:-fcf-protection=none>)
target_link_options(freestanding INTERFACE -nostdlib -static LINKER:--gc-sections LINKER:--build-id=none
  LINKER:-z,noexecstack LINKER:--fatal-warnings)
target_link_libraries(mem PRIVATE freestanding)

# An address that differs with every start: static-pie, which needs no relocations here,
# because no table holds a pointer.
add_executable(minhttp ${MINHTTP_ROOMS} $<TARGET_OBJECTS:mem>)
target_link_libraries(minhttp PRIVATE freestanding)
target_compile_options(minhttp PRIVATE -fPIE ${MINHTTP_LTO})
target_link_options(minhttp PRIVATE -static-pie LINKER:--no-dynamic-linker LINKER:-z,text LINKER:-z,relro
  LINKER:-z,separate-code ${MINHTTP_LTO})
target_compile_definitions(minhttp PRIVATE MINHTTP_VERSION="${PROJECT_VERSION}")

# The case study counts bytes: a fixed address, one segment, no section but .text; -Oz is
# what makes -Os smaller still.
add_executable(case-study src/arch/${MINHTTP_ARCH}/start.S src/rt/start.cc src/loop/listen.cc
                          src/loop/plain.cc src/app/case_study.cc $<TARGET_OBJECTS:mem>)
target_link_libraries(case-study PRIVATE freestanding)
target_compile_options(case-study PRIVATE ${MINHTTP_LTO} $<$<NOT:$<CONFIG:Debug>>:-Oz> -fno-pie)
target_link_options(case-study PRIVATE LINKER:-T,${CMAKE_SOURCE_DIR}/src/app/case_study.ld ${MINHTTP_LTO})

if(NOT CMAKE_BUILD_TYPE STREQUAL Debug)
  foreach(program minhttp case-study)
    add_custom_command(TARGET ${program} POST_BUILD
      COMMAND ${CMAKE_STRIP} --strip-all -R .comment -R .note.gnu.property -R .riscv.attributes $<TARGET_FILE:${program}>)
  endforeach()
endif()
