// SPDX-License-Identifier: MIT
/* x86-64: the kernel enters here with rsp at argc, then argv, NULL, the environment,
   NULL, and the auxiliary vector (System V ABI, "Process Initialization"). start() in
   rt/start.cc gets that address. rbp = 0 ends every backtrace; rsp must be a multiple of 16
   at the call. */
        .section .text.start, "ax", @progbits
        .globl  _start
        .type   _start, @function
_start: xorl    %ebp, %ebp
        movq    %rsp, %rdi
        andq    $-16, %rsp
        call    start
        hlt
        .size   _start, .-_start
        .section .note.GNU-stack, "", @progbits
