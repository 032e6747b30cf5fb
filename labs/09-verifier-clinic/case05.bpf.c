// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Case 05: a fuse. It blows after eight frames, until the program is loaded anew.
 *
 *   any frame      the first eight PASS, all others DROP
 */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

#define FRAMES 8

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u64);
} seen SEC(".maps");

/* TODO(5): the verifier refuses this program. 2 lines are enough to repair it. */
SEC("xdp")
int fuse(struct xdp_md *ctx)
{
	__u32 *key;
	__u64 *frames = bpf_map_lookup_elem(&seen, key);

	if (!frames)
		return XDP_ABORTED;
	return __sync_fetch_and_add(frames, 1) < FRAMES ? XDP_PASS : XDP_DROP;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
