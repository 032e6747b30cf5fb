// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Case 07: no Christmas trees. No honest host sets FIN, PSH and URG at once; scanners do.
 *
 *   eth | ipv4, options or not | tcp with these three flags      DROP
 *   anything else                                                PASS
 */
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/in.h>
#include <linux/ip.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#define FLAGS_AT 13   /* bytes behind the beginning of the TCP header */
#define XMAS	 0x29 /* FIN 0x01, PSH 0x08, URG 0x20 */

/* TODO(7): the verifier refuses this program. 1 line is enough to repair it. */
SEC("xdp")
int no_xmas(struct xdp_md *ctx)
{
	void *data = (void *)(long)ctx->data;
	void *data_end = (void *)(long)ctx->data_end;
	struct ethhdr *eth = data;
	struct iphdr *ip = (void *)(eth + 1);
	__u8 flags;

	if ((void *)(ip + 1) > data_end || eth->h_proto != bpf_htons(ETH_P_IP) ||
	    ip->protocol != IPPROTO_TCP)
		return XDP_PASS;
	if (bpf_skb_load_bytes(ctx, ETH_HLEN + ip->ihl * 4 + FLAGS_AT, &flags, sizeof(flags)))
		return XDP_PASS;
	return (flags & XMAS) == XMAS ? XDP_DROP : XDP_PASS;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
