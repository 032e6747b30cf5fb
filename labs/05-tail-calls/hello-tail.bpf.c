// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Lab 05: tail calls away from packets. Greet system calls, each in a program of its own.
 *
 *   a system call begins ──> hello ──syscalls──> slot = its number: hello_exec, hello_timer,
 *                                │                                  ignore_opcode
 *                                └─ its slot is empty: "Another syscall: 59 by user 0"
 */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

#include "hello-tail.h"

struct {
	__uint(type, BPF_MAP_TYPE_PROG_ARRAY);
	__uint(max_entries, SYSCALLS);
	__type(key, __u32);
	__type(value, __u32);
} syscalls SEC(".maps");

const volatile __u32 only_uid = EVERYBODY; /* whose calls are greeted */

/* args[0] are the registers at the call, args[1] is its number */
SEC("raw_tp/sys_enter")
int hello(struct bpf_raw_tracepoint_args *ctx)
{
	__u32 opcode = ctx->args[1], uid = bpf_get_current_uid_gid();

	if (only_uid != EVERYBODY && uid != only_uid)
		return 0;
	bpf_tail_call(ctx, &syscalls, opcode);
	bpf_printk("Another syscall: %u by user %u", opcode, uid);
	return 0;
}

SEC("raw_tp")
int ignore_opcode(struct bpf_raw_tracepoint_args *ctx)
{
	return 0;
}

SEC("raw_tp")
int hello_exec(struct bpf_raw_tracepoint_args *ctx)
{
	bpf_printk("A program is started by user %u", (__u32)bpf_get_current_uid_gid());
	return 0;
}

SEC("raw_tp")
int hello_timer(struct bpf_raw_tracepoint_args *ctx)
{
	bpf_printk("A timer: syscall %lu by user %u", ctx->args[1],
		   (__u32)bpf_get_current_uid_gid());
	return 0;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
