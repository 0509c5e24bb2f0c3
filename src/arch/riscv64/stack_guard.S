// SPDX-License-Identifier: MIT
/* riscv64: sets the register in which the compiler expects the address of the stack protector's
   canary (-mstack-protector-guard=tls). tp is the thread pointer of a C library; here there is
   none, so the register is free. */
        .section .text.use_stack_guard, "ax", %progbits
        .globl  use_stack_guard
        .hidden use_stack_guard
        .type   use_stack_guard, %function
use_stack_guard:
        mv      tp, a0
        ret
        .size   use_stack_guard, .-use_stack_guard
        .section .note.GNU-stack, "", %progbits
