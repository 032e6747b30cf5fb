// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Case 04: which hosts are asked for?
 *
 *   eth | ipv4 | udp to port 53 | dns header | 3 "www" ...      asked[3 "www"] += 1, PASS
 *   anything else, and names of more than 15 bytes              PASS
 *
 * A name in DNS begins with the length of its first part, at most 63, and then that part.
 */
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/in.h>
#include <linux/ip.h>
#include <linux/udp.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#define LONGEST 63

struct query {
	struct ethhdr eth;
	struct iphdr ip; /* without options */
	struct udphdr udp;
	__be16 dns[6];
} __attribute__((packed));

struct name {
	__u8 length;
	char text[15]; /* zeros behind it */
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 64);
	__type(key, struct name);
	__type(value, __u64);
} asked SEC(".maps");

/* TODO(4): the verifier refuses this program. 2 lines are enough to repair it. */
SEC("xdp")
int names(struct xdp_md *ctx)
{
	void *data = (void *)(long)ctx->data;
	void *data_end = (void *)(long)ctx->data_end;
	struct query *query = data;
	__u8 *first = (void *)(query + 1);
	struct name name = {};
	__u64 *count, one = 1, length;

	if ((void *)(first + 1) > data_end || query->eth.h_proto != bpf_htons(ETH_P_IP) ||
	    query->ip.ihl != 5 || query->ip.protocol != IPPROTO_UDP ||
	    query->udp.dest != bpf_htons(53))
		return XDP_PASS;
	length = *first;
	barrier_var(length); /* or clang 19 adds as in a byte, where 255 + 1 is 0 */

	if (length > LONGEST)
		return XDP_PASS;
	if (bpf_xdp_load_bytes(ctx, sizeof(*query), &name, 1 + length))
		return XDP_PASS;

	count = bpf_map_lookup_elem(&asked, &name);
	if (count)
		__sync_fetch_and_add(count, 1);
	else
		bpf_map_update_elem(&asked, &name, &one, BPF_NOEXIST);
	return XDP_PASS;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
