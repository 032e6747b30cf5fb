// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Lab 04: how many programs does each user start?
 *
 *   any system call      is it execve()?  counter_table[user id] += 1
 */
#include <asm/unistd.h>
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

/* TODO(4): the map counter_table: a hash of 10240 entries, key __u64, value __u64. */

SEC("raw_tp/sys_enter")
int hello(struct bpf_raw_tracepoint_args *ctx)
{
	/* args[0] points to the registers, args[1] is the number of the system call */
	if (ctx->args[1] != __NR_execve)
		return 0;

	/* TODO(4): count the call in counter_table, under the id of the user who makes it. */

	return 0;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
