# Warnings that both compilers know; they are errors, in src/ as in tests.
set(MINHTTP_WARNINGS -Wall -Wextra -Wshadow -Wconversion -Wsign-conversion -Wold-style-cast -Wimplicit-fallthrough
    -Wundef -Wno-missing-field-initializers -Werror)
# Paths in __FILE__ and debug information begin at the project's root.
set(MINHTTP_PREFIX -ffile-prefix-map=${CMAKE_SOURCE_DIR}/=)
