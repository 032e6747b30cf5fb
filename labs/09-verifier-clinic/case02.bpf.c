// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Case 02: what is spoken here?
 *
 *   eth | anything      frames[EtherType] += 1, PASS
 */
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <bpf/bpf_helpers.h>

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 64);
	__type(key, __be16);
	__type(value, __u64);
} frames SEC(".maps");

/* TODO(2): the verifier refuses this program. 3 lines are enough to repair it. */
SEC("xdp")
int languages(struct xdp_md *ctx)
{
	void *data = (void *)(long)ctx->data;
	void *data_end = (void *)(long)ctx->data_end;
	struct ethhdr *eth = data;
	__be16 ethertype;
	__u64 *count, one = 1;

	if ((void *)(eth + 1) > data_end)
		return XDP_PASS;
	ethertype = eth->h_proto;

	count = bpf_map_lookup_elem(&frames, &ethertype);
	if (!count)
		bpf_map_update_elem(&frames, &ethertype, &one, BPF_NOEXIST);
	__sync_fetch_and_add(count, 1);
	return XDP_PASS;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
