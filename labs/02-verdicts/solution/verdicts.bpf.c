// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Lab 02: several programs in one object, one for each fate that a packet can meet.
 *
 *   program      returns                 what becomes of the frame
 *   pass         XDP_PASS       (2)      goes on to the network stack
 *   drop         XDP_DROP       (1)      is gone, and counted
 *   aborted      XDP_ABORTED    (0)      is gone, counted, and an event tells of it
 *   tx           XDP_TX         (3)      leaves again by the device that it came from
 *   redirect     XDP_REDIRECT   (4)      should leave by another one; nobody said by which
 *   nine         9                       is no verdict at all
 *
 *   by_parity    frame of an even length: PASS      of an odd length: DROP
 *   no_icmp      eth | ipv4 | icmp: DROP            anything else: PASS
 */
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/in.h>
#include <linux/ip.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

SEC("xdp")
int pass(struct xdp_md *ctx)
{
	return XDP_PASS;
}

//: solution 2
SEC("xdp")
int drop(struct xdp_md *ctx)
{
	return XDP_DROP;
}
//: starter
//- /* TODO(2): a program `drop`, which drops every frame. */
//: end

//: solution 3
SEC("xdp")
int aborted(struct xdp_md *ctx)
{
	return XDP_ABORTED;
}
//: starter
//- /* TODO(3): a program `aborted`, which gives up on every frame. */
//: end

/* Frames of an even length are fine and shall pass, frames of an odd length are not and shall be
 * dropped.
 */
SEC("xdp")
int by_parity(struct xdp_md *ctx)
{
	void *data = (void *)(long)ctx->data;
	void *data_end = (void *)(long)ctx->data_end;
	__u64 length = data_end - data;

	//: solution 4
	return length % 2 ? XDP_DROP : XDP_PASS;
	//: starter
	//- /* TODO(4): 0 is fine, 1 is not, as everywhere in C. Or isn't it? */
	//- return length % 2;
	//: end
}

//: solution 5
SEC("xdp")
int tx(struct xdp_md *ctx)
{
	return XDP_TX;
}
//: starter
//- /* TODO(5): a program `tx`, which sends every frame back, unchanged. */
//: end

/* To be seen only: XDP_REDIRECT wants a helper to say where to (lab 21). */
SEC("xdp")
int redirect(struct xdp_md *ctx)
{
	return XDP_REDIRECT;
}

//: solution 6
SEC("xdp")
int nine(struct xdp_md *ctx)
{
	return 9;
}
//: starter
//- /* TODO(6): a program `nine`, which returns 9: no verdict has this number. */
//: end

SEC("xdp")
int no_icmp(struct xdp_md *ctx)
{
	//: solution 7
	void *data = (void *)(long)ctx->data;
	void *data_end = (void *)(long)ctx->data_end;
	struct ethhdr *eth = data;
	struct iphdr *ip = (void *)(eth + 1);

	/* both headers end here at the latest; what is shorter holds no ICMP */
	if ((void *)(ip + 1) > data_end)
		return XDP_PASS;
	if (eth->h_proto != bpf_htons(ETH_P_IP))
		return XDP_PASS;
	if (ip->protocol == IPPROTO_ICMP)
		return XDP_DROP;
	//: starter
	//- /* TODO(7): drop ICMP over IPv4. Anything else passes, also what is too short to tell. */
	//: end

	return XDP_PASS;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
