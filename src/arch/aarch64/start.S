/* aarch64: the kernel enters here with sp at argc, then argv, NULL, the environment,
   NULL, and the auxiliary vector; sp is a multiple of 16 already. x29 = x30 = 0 ends
   every backtrace. */
        .section .text.start, "ax", %progbits
        .globl  _start
        .type   _start, %function
_start: mov     x29, xzr
        mov     x30, xzr
        mov     x0, sp
        bl      start
        brk     #0
        .size   _start, .-_start
        .section .note.GNU-stack, "", %progbits
