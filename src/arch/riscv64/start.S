// SPDX-License-Identifier: MIT
/* riscv64: the kernel enters here with sp at argc, then argv, NULL, the environment,
   NULL, and the auxiliary vector; sp is a multiple of 16 already. gp is the base of relaxed
   accesses to small data; fp = 0 ends every backtrace. */
        .section .text.start, "ax", %progbits
        .globl  _start
        .type   _start, @function
_start: .option push
        .option norelax
        lla     gp, __global_pointer$
        .option pop
        mv      fp, zero
        mv      a0, sp
        call    start
        ebreak
        .size   _start, .-_start
        .section .note.GNU-stack, "", @progbits
