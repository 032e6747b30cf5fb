// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Lab 04: refused by the verifier, on purpose. There is no TODO here: read what it says.
 *
 *   any frame      looks its length up, and counts without asking whether it was found
 */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 64);
	__type(key, __u32);
	__type(value, __u64);
} lengths SEC(".maps");

SEC("xdp")
int unchecked(struct xdp_md *ctx)
{
	__u32 length = ctx->data_end - ctx->data;
	__u64 *packets = bpf_map_lookup_elem(&lengths, &length);

	*packets += 1;

	return XDP_PASS;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
