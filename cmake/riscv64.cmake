# SPDX-License-Identifier: MIT
# Debian's cross compiler, and qemu-user to run what it builds.
set(CMAKE_SYSTEM_NAME Linux)
set(CMAKE_SYSTEM_PROCESSOR riscv64)
set(CMAKE_CXX_COMPILER riscv64-linux-gnu-g++)
set(CMAKE_ASM_COMPILER riscv64-linux-gnu-gcc)
set(CMAKE_STRIP riscv64-linux-gnu-strip)
set(CMAKE_CROSSCOMPILING_EMULATOR qemu-riscv64-static)
