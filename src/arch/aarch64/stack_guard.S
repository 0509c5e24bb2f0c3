// SPDX-License-Identifier: MIT
/* aarch64: sets the register in which the compiler expects the address of the stack protector's
   canary (-mstack-protector-guard=sysreg). tpidr_el0 is the thread pointer of a C library; here
   there is none, so the register is free. */
        .section .text.use_stack_guard, "ax", %progbits
        .globl  use_stack_guard
        .hidden use_stack_guard
        .type   use_stack_guard, %function
use_stack_guard:
        hint    #34 /* bti c */
        msr     tpidr_el0, x0
        ret
        .size   use_stack_guard, .-use_stack_guard
        .section .note.GNU-stack, "", %progbits
/* Safe for branch target identification and pointer authentication
   (GNU_PROPERTY_AARCH64_FEATURE_1_AND, System V ABI for AArch64). */
        .section .note.gnu.property, "a"
        .balign 8
        .word   4, 16, 5
        .asciz  "GNU"
        .word   0xc0000000, 4, 3, 0
