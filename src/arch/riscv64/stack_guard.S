// SPDX-License-Identifier: MIT
/* riscv64: where the compiler finds the stack protector's canary
   (-mstack-protector-guard=tls). tp is the C library's thread pointer; here there is no C
   library, and it is free. */
        .section .text.use_stack_guard, "ax", %progbits
        .globl  use_stack_guard
        .hidden use_stack_guard
        .type   use_stack_guard, %function
use_stack_guard:
        mv      tp, a0
        ret
        .size   use_stack_guard, .-use_stack_guard
        .section .note.GNU-stack, "", %progbits
