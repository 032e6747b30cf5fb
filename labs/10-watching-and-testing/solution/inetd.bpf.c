// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Lab 10: two of the oldest services of the internet, in the driver.
 *
 *   eth | [vlan] | ipv4 [options] or ipv6 | udp to port 7 (echo)      sent back: TX
 *                                         | udp to port 9 (discard)   DROP
 *   anything else                                                     PASS, unchanged
 *
 * The worksheet says exactly what is asked of it, in "What inetd does".
 */
//: solution 7
//: starter
//- /* TODO(7): this program has two bugs. Your table will find them. */
//: end
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/in.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/udp.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#define PORT_ECHO    7
#define PORT_DISCARD 9

#define IP_MORE	  0x2000 /* more fragments follow this one */
#define IP_OFFSET 0x1fff /* where this one belongs, in units of 8 bytes */

struct vlan_tag {
	__be16 tci;
	__be16 ethertype;
};

/* Two fields of n bytes, the second one right behind the first */
static __always_inline void swap(void *fields, int n)
{
	__u8 first[16];

	__builtin_memcpy(first, fields, n);
	__builtin_memcpy(fields, fields + n, n);
	__builtin_memcpy(fields + n, first, n);
}

static __always_inline int serve(struct ethhdr *eth, void *addresses, int size, struct udphdr *udp)
{
	if (udp->dest == bpf_htons(PORT_DISCARD))
		return XDP_DROP;
	if (udp->dest != bpf_htons(PORT_ECHO))
		return XDP_PASS;
	/* sums stay right when what is added up only changes its place */
	swap(eth->h_dest, ETH_ALEN);
	swap(addresses, size);
	swap(&udp->source, sizeof(udp->source));
	return XDP_TX;
}

SEC("xdp")
int inetd(struct xdp_md *ctx)
{
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

	if (ethertype == bpf_htons(ETH_P_8021Q)) {
		if ((void *)(vlan + 1) > data_end)
			return XDP_PASS;
		ethertype = vlan->ethertype;
		next = vlan + 1;
	}

	if (ethertype == bpf_htons(ETH_P_IP)) {
		ip = next;
		if ((void *)(ip + 1) > data_end || ip->ihl < 5 || ip->protocol != IPPROTO_UDP)
			return XDP_PASS;
		//: solution 7
		if (ip->frag_off & bpf_htons(IP_MORE | IP_OFFSET))
			return XDP_PASS;
		udp = next + ip->ihl * 4;
		//: starter
		//- if (ip->frag_off & bpf_htons(IP_OFFSET))
		//-	return XDP_PASS;
		//- udp = (void *)(ip + 1);
		//: end
		if ((void *)(udp + 1) > data_end)
			return XDP_PASS;
		return serve(eth, &ip->saddr, sizeof(ip->saddr), udp);
	}

	if (ethertype == bpf_htons(ETH_P_IPV6)) {
		ip6 = next;
		udp = (void *)(ip6 + 1);
		if ((void *)(udp + 1) > data_end || ip6->nexthdr != IPPROTO_UDP)
			return XDP_PASS;
		return serve(eth, &ip6->saddr, sizeof(ip6->saddr), udp);
	}
	return XDP_PASS;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
