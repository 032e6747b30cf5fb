// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Lab 04: count what arrives, in three kinds of map, and let it through.
 *
 *   any frame      totals[0] on this CPU += 1 packet, its bytes
 *   eth | ipv4     protocols[protocol] += 1
 *                  senders[source address] += 1 packet, its bytes
 *                  no room for a new sender?  misses += 1
 */
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/ip.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#include "counters.h"

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, PROTOCOLS);
	__type(key, __u32); /* the protocol's number: 1 ICMP, 6 TCP, 17 UDP */
	__type(value, __u64);
} protocols SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, SENDERS);
	__type(key, __be32); /* as it stands in the packet */
	__type(value, struct traffic);
} senders SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct traffic);
} totals SEC(".maps");

__u64 misses; /* packets of senders that the full table has no room for */

/* The entry of a sender; a new one begins at zero. NULL: the table is full. */
static __always_inline struct traffic *find_or_add(__be32 saddr)
{
	/* TODO(2): look saddr up. Is it not there yet? Then put an entry of zeros there. */
	return NULL;
}

SEC("xdp")
int counters(struct xdp_md *ctx)
{
	void *data = (void *)(long)ctx->data;
	void *data_end = (void *)(long)ctx->data_end;
	struct ethhdr *eth = data;
	struct iphdr *ip = (void *)(eth + 1);
	struct traffic *sender;

	/* TODO(5): count every frame and its bytes in totals, in this CPU's own value. */

	if ((void *)(ip + 1) > data_end)
		return XDP_PASS;
	if (eth->h_proto != bpf_htons(ETH_P_IP))
		return XDP_PASS;

	/* TODO(1): count the packet in protocols, in the cell of its protocol. */

	sender = find_or_add(ip->saddr);
	if (sender) {
		/* TODO(2): count the packet, and the bytes of the whole frame. */
	} else {
		/* TODO(3): the packet has no place in the table: count it as a miss. */
	}

	return XDP_PASS;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
