// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Case 10: off with the tag.
 *
 *   to | from | vlan tag | EtherType | anything      to | from | EtherType | anything, PASS
 *   anything else                                    PASS
 */
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#include "clinic.h"

/* TODO(10): the verifier refuses this program. 6 lines are enough to repair it. */
SEC("xdp")
int untag(struct xdp_md *ctx)
{
	void *data = (void *)(long)ctx->data;
	void *data_end = (void *)(long)ctx->data_end;
	struct ethhdr *eth = data, header;
	struct vlan_hdr *vlan = (void *)(eth + 1);

	if ((void *)(vlan + 1) > data_end || eth->h_proto != bpf_htons(ETH_P_8021Q))
		return XDP_PASS;
	header = *eth;
	header.h_proto = vlan->ethertype;

	if (bpf_xdp_adjust_head(ctx, sizeof(*vlan)))
		return XDP_ABORTED;
	*eth = header;
	return XDP_PASS;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
