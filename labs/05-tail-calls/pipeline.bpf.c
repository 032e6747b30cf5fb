// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Lab 05: a pipeline. One program looks at the ethertype, another deals with the frame.
 *
 *                            slot 0  ipv4   counts, PASS
 *   frame ──> root ──leaves──slot 1  ipv6   counts, PASS    and drop: in any slot, counts, DROP
 *                 │          slot 2  arp    counts, PASS
 *                 ├─ its slot is empty: missed += 1, PASS
 *                 └─ another ethertype: PASS
 */
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#include "pipeline.h"

struct {
	__uint(type, BPF_MAP_TYPE_PROG_ARRAY);
	__uint(max_entries, SLOTS);
	__type(key, __u32);
	__type(value, __u32);
} leaves SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, SLOTS);
	__type(key, __u32);
	__type(value, struct counts);
} counts SEC(".maps");

struct {
	/* TODO(3): two CPUs have two frames in hand at once: which kind of map keeps them apart? */
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct note);
} notes SEC(".maps");

SEC("xdp")
int root(struct xdp_md *ctx)
{
	void *data = (void *)(long)ctx->data;
	void *data_end = (void *)(long)ctx->data_end;
	struct ethhdr *eth = data;
	__u32 slot;

	if ((void *)(eth + 1) > data_end)
		return XDP_PASS;
	/* TODO(1): which slot is for this frame? What is in none of them passes here. */
	slot = SLOT_IPV4;

	/* TODO(3): leave a note for the leaf: slot and length of this frame. */

	/* TODO(1): go on in the program that stands in that slot: bpf_tail_call(). */

	/* TODO(2): count the frame as missed, in the counts of its slot. */
	(void)slot;
	return XDP_PASS;
}

static __always_inline int pass(__u32 slot)
{
	struct counts *count = bpf_map_lookup_elem(&counts, &slot);

	if (count)
		count->passed++;
	return XDP_PASS;
}

SEC("xdp")
int ipv4(struct xdp_md *ctx)
{
	return pass(SLOT_IPV4);
}

SEC("xdp")
int ipv6(struct xdp_md *ctx)
{
	return pass(SLOT_IPV6);
}

SEC("xdp")
int arp(struct xdp_md *ctx)
{
	return pass(SLOT_ARP);
}

/* This leaf may stand in any slot. Where it stands, it learns from root's note. */
SEC("xdp")
int drop(struct xdp_md *ctx)
{
	/* TODO(3): read the note; count the frame and its bytes as dropped, in its slot's counts. */
	return XDP_DROP;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
