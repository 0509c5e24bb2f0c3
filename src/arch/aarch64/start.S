// SPDX-License-Identifier: MIT
/* aarch64: the kernel enters here with sp at argc, then argv, NULL, the environment,
   NULL, and the auxiliary vector; sp is a multiple of 16 already. x29 = x30 = 0 ends
   every backtrace. `bti c` marks where an indirect branch may land (hint 34, a no-op on
   processors without branch target identification). */
        .section .text.start, "ax", %progbits
        .globl  _start
        .type   _start, %function
_start: hint    #34 /* bti c */
        mov     x29, xzr
        mov     x30, xzr
        mov     x0, sp
        bl      start
        brk     #0
        .size   _start, .-_start
        .section .note.GNU-stack, "", %progbits
/* Safe for branch target identification and pointer authentication
   (GNU_PROPERTY_AARCH64_FEATURE_1_AND, System V ABI for AArch64). */
        .section .note.gnu.property, "a"
        .balign 8
        .word   4, 16, 5
        .asciz  "GNU"
        .word   0xc0000000, 4, 3, 0
