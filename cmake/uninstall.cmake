# SPDX-License-Identifier: MIT
# cmake --build BUILD --target uninstall: removes the files of the last `cmake --install BUILD`, and no directory.
# MANIFEST: where CMake has listed them. With DESTDIR in the environment as at the installation.
if(NOT EXISTS ${MANIFEST})
  message(FATAL_ERROR "nothing was installed from here: ${MANIFEST} is missing")
endif()
file(STRINGS ${MANIFEST} files)
foreach(file ${files})
  message(STATUS "Removing: $ENV{DESTDIR}${file}")
  file(REMOVE $ENV{DESTDIR}${file})
endforeach()
