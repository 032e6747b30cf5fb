// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Lab 06: greet every system call of the machine, by its number. Only to be loaded and looked at. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

/* args: 0 is a pointer to the saved registers, 1 the number of the system call. */
static __noinline int get_opcode(struct bpf_raw_tracepoint_args *ctx)
{
	return ctx->args[1];
}

SEC("raw_tp/sys_enter")
int hello(struct bpf_raw_tracepoint_args *ctx)
{
	int opcode = get_opcode(ctx);

	bpf_printk("Syscall: %d", opcode);
	return 0;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
