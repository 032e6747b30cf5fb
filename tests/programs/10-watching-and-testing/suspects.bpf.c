// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* SPOILER: what a table for lab 10's inetd is graded by. If you are doing that lab, you learn more from
 * writing the table first and reading this afterwards.
 *
 * right_a and right_b do what the description asks, in different ways; where it leaves something
 * open, they differ. Each suspect has one bug, of a kind that people do write.
 */
#include <stdbool.h>

#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/in.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/udp.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

enum bug {
	NONE,
	PORT_IN_HOST_ORDER, /* of discard; the other one is right */
	LAST_BYTE, /* a frame that ends right behind the UDP header is taken for a cut one */
	NO_IPV6,
	NO_VLAN,
	NO_OPTIONS,	/* the ports are looked for behind 20 bytes, whatever the header says */
	OFFSET_ONLY,	/* the first fragment of a datagram counts as a whole one */
	DF_IS_FRAGMENT, /* "don't fragment", which is in the same field, counts as a fragment */
	ANY_PROTOCOL,	/* TCP has its ports at the same place */
	PORTS_STAY,	/* the echo goes back to the port that it came to */
	EITHER_PORT,	/* answers to an answer, for ever */
	SHORT_DROPPED,	/* what is too short is dropped */
};

struct vlan_tag {
	__be16 tci;
	__be16 ethertype;
};

static __always_inline void swap(void *fields, int n)
{
	__u8 first[16];

	__builtin_memcpy(first, fields, n);
	__builtin_memcpy(fields, fields + n, n);
	__builtin_memcpy(fields + n, first, n);
}

static __always_inline bool is_port(const struct udphdr *udp, __u16 port, const enum bug bug)
{
	if (bug == PORT_IN_HOST_ORDER && port == 9)
		return udp->dest == port;
	if (bug == EITHER_PORT && port == 7 && udp->source == bpf_htons(port))
		return true;
	return udp->dest == bpf_htons(port);
}

static __always_inline int serve(struct ethhdr *eth, void *addresses, int size, struct udphdr *udp,
				 const enum bug bug)
{
	if (is_port(udp, 9, bug))
		return XDP_DROP;
	if (!is_port(udp, 7, bug))
		return XDP_PASS;
	swap(eth->h_dest, ETH_ALEN);
	swap(addresses, size);
	if (bug != PORTS_STAY)
		swap(&udp->source, sizeof(udp->source));
	return XDP_TX;
}

static __always_inline int suspect(struct xdp_md *ctx, const enum bug bug)
{
	const int too_short = bug == SHORT_DROPPED ? XDP_DROP : XDP_PASS;
	const __u16 fragment = bug == OFFSET_ONLY      ? 0x1fff
			       : bug == DF_IS_FRAGMENT ? 0xffff
						       : 0x3fff;
	void *data = (void *)(long)ctx->data;
	void *data_end = (void *)(long)ctx->data_end;
	struct ethhdr *eth = data;
	struct vlan_tag *vlan = (void *)(eth + 1);
	void *next = eth + 1;
	struct ipv6hdr *ip6;
	struct udphdr *udp;
	struct iphdr *ip;
	__be16 ethertype;

	if ((void *)(eth + 1) > data_end)
		return XDP_PASS;
	ethertype = eth->h_proto;
	if (ethertype == bpf_htons(ETH_P_8021Q) && bug != NO_VLAN) {
		if ((void *)(vlan + 1) > data_end)
			return too_short;
		ethertype = vlan->ethertype;
		next = vlan + 1;
	}
	if (ethertype == bpf_htons(ETH_P_IP)) {
		ip = next;
		if ((void *)(ip + 1) > data_end)
			return too_short;
		if (ip->ihl < 5 || ip->frag_off & bpf_htons(fragment))
			return XDP_PASS;
		if (ip->protocol != IPPROTO_UDP &&
		    (bug != ANY_PROTOCOL || ip->protocol != IPPROTO_TCP))
			return XDP_PASS;
		udp = bug == NO_OPTIONS ? (void *)(ip + 1) : next + ip->ihl * 4;
		if ((void *)(udp + 1) > data_end)
			return too_short;
		if (bug == LAST_BYTE && (void *)(udp + 1) == data_end)
			return XDP_PASS;
		return serve(eth, &ip->saddr, sizeof(ip->saddr), udp, bug);
	}
	if (ethertype == bpf_htons(ETH_P_IPV6) && bug != NO_IPV6) {
		ip6 = next;
		udp = (void *)(ip6 + 1);
		if ((void *)(ip6 + 1) > data_end)
			return too_short;
		if (ip6->nexthdr != IPPROTO_UDP)
			return XDP_PASS;
		if ((void *)(udp + 1) > data_end)
			return too_short;
		return serve(eth, &ip6->saddr, sizeof(ip6->saddr), udp, bug);
	}
	return XDP_PASS;
}

#define PROGRAM(name, bug)                                                                         \
	SEC("xdp")                                                                                 \
	int name(struct xdp_md *ctx)                                                               \
	{                                                                                          \
		return suspect(ctx, bug);                                                          \
	}

PROGRAM(right_a, NONE)
PROGRAM(suspect_1, LAST_BYTE)
PROGRAM(suspect_2, NO_OPTIONS)
PROGRAM(suspect_3, PORT_IN_HOST_ORDER)
PROGRAM(suspect_4, EITHER_PORT)
PROGRAM(suspect_5, OFFSET_ONLY)
PROGRAM(suspect_6, NO_VLAN)
PROGRAM(suspect_7, PORTS_STAY)
PROGRAM(suspect_8, SHORT_DROPPED)
PROGRAM(suspect_9, NO_IPV6)
PROGRAM(suspect_10, DF_IS_FRAGMENT)
PROGRAM(suspect_11, ANY_PROTOCOL)

/* The other right one: a table of what it knows of the frame, filled from left to right, then one
 * decision. It looks through two tags, disbelieves lengths that contradict each other, and clears
 * what it drops.
 */
SEC("xdp")
int right_b(struct xdp_md *ctx)
{
	void *data_end = (void *)(long)ctx->data_end;
	__u8 *at = (void *)(long)ctx->data, *frame = at, *addresses, *payload;
	__u32 size, claimed, room;
	__u16 type;

	if (at + 14 > (__u8 *)data_end)
		return XDP_PASS;
	at += 12;
	type = at[0] << 8 | at[1];
	at += 2;
	for (int tags = 0; tags < 2 && type == 0x8100; tags++) {
		if (at + 4 > (__u8 *)data_end)
			return XDP_PASS;
		type = at[2] << 8 | at[3];
		at += 4;
	}
	if (type == 0x0800) {
		__u32 length;

		if (at + 20 > (__u8 *)data_end)
			return XDP_PASS;
		length = (at[0] & 15) * 4;
		claimed = at[2] << 8 | at[3];
		if (at[0] >> 4 != 4 || length < 20 || claimed < length + 8 || at[9] != 17)
			return XDP_PASS;
		claimed -= length;
		if (((at[6] << 8 | at[7]) & 0x3fff) != 0)
			return XDP_PASS;
		addresses = at + 12;
		size = 4;
		payload = at + length;
	} else if (type == 0x86dd) {
		if (at + 40 > (__u8 *)data_end || at[0] >> 4 != 6 || at[6] != 17)
			return XDP_PASS;
		claimed = at[4] << 8 | at[5];
		addresses = at + 8;
		size = 16;
		payload = at + 40;
	} else {
		return XDP_PASS;
	}
	if (payload + 8 > (__u8 *)data_end)
		return XDP_PASS;
	room = (__u8 *)data_end - payload;
	if (claimed < 8 || claimed > room || (__u32)(payload[4] << 8 | payload[5]) != claimed)
		return XDP_PASS;

	if (payload[2] == 0 && payload[3] == 9) {
		__builtin_memset(frame, 0, 14);
		return XDP_DROP;
	}
	if (payload[2] != 0 || payload[3] != 7)
		return XDP_PASS;
	swap(payload, 2);
	swap(frame, 6);
	if (size == 4)
		swap(addresses, 4);
	else
		swap(addresses, 16);
	return XDP_TX;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
