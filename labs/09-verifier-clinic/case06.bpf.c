// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Case 06: one of two. With PRP (IEC 62439-3) a host sends each frame twice, over networks A and B,
 * with six bytes behind the payload. What came by B is not wanted here.
 *
 *   eth | anything | sequence | B, size | 88 fb      DROP
 *   anything else                                    PASS
 */
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#define SUFFIX 0x88fb
#define LAN_B  0xb

/* The end of the frame. */
struct trailer {
	__be16 sequence;
	__be16 lan_size; /* 4 bits, and 12 bits */
	__be16 suffix;
};

/* TODO(6): the verifier refuses this program. 8 lines are enough to repair it. */
SEC("xdp")
int one_of_two(struct xdp_md *ctx)
{
	void *data = (void *)(long)ctx->data;
	void *data_end = (void *)(long)ctx->data_end;
	struct trailer *trailer = data_end - sizeof(*trailer);

	if (data + ETH_HLEN > (void *)trailer)
		return XDP_PASS;
	if (trailer->suffix == bpf_htons(SUFFIX) && bpf_ntohs(trailer->lan_size) >> 12 == LAN_B)
		return XDP_DROP;
	return XDP_PASS;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
