// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Lab 04: how many programs does each user start?
 *
 *   any system call      is it execve()?  counter_table[user id] += 1
 */
#include <asm/unistd.h>
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

//: solution 4
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 10240);
	__type(key, __u64); /* the user's id */
	__type(value, __u64);
} counter_table SEC(".maps");
//: starter
//- /* TODO(4): the map counter_table: a hash of 10240 entries, key __u64, value __u64. */
//: end

SEC("raw_tp/sys_enter")
int hello(struct bpf_raw_tracepoint_args *ctx)
{
	/* args[0] points to the registers, args[1] is the number of the system call */
	if (ctx->args[1] != __NR_execve)
		return 0;

	//: solution 4
	__u64 uid = bpf_get_current_uid_gid() & 0xffffffff; /* the group's id is above it */
	__u64 *calls = bpf_map_lookup_elem(&counter_table, &uid);
	__u64 zero = 0;

	if (!calls) {
		bpf_map_update_elem(&counter_table, &uid, &zero, BPF_NOEXIST);
		calls = bpf_map_lookup_elem(&counter_table, &uid);
	}
	if (calls)
		__sync_fetch_and_add(calls, 1);
	//: starter
	//- /* TODO(4): count the call in counter_table, under the id of the user who makes it. */
	//: end

	return 0;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
