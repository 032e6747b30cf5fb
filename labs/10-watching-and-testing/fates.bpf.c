// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Lab 10: a program to be watched. The byte behind the Ethernet header is its verdict.
 *
 *   eth | 0: ABORTED, 1: DROP, 2: PASS, 3: TX, 4: REDIRECT, and nobody says where to
 *       | 5: REDIRECT, back to where it came from
 *       | any other number: that, which is no verdict
 */
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

SEC("xdp")
int fates(struct xdp_md *ctx)
{
	void *data = (void *)(long)ctx->data;
	void *data_end = (void *)(long)ctx->data_end;
	struct ethhdr *eth = data;
	__u8 *verdict = (void *)(eth + 1);

	/* what other hosts say by themselves, as ARP, shall pass */
	if ((void *)(verdict + 1) > data_end || eth->h_proto != bpf_htons(0x88b5))
		return XDP_PASS;
	if (*verdict == 5)
		return bpf_redirect(ctx->ingress_ifindex, 0);
	return *verdict;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
