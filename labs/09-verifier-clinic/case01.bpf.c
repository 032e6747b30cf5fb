// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Case 01: a quarantine.
 *
 *   eth | vlan 666 | anything      DROP
 *   anything else                  PASS
 */
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#include "clinic.h"

/* TODO(1): the verifier refuses this program. 2 lines are enough to repair it. */
SEC("xdp")
int quarantine(struct xdp_md *ctx)
{
	void *data = (void *)(long)ctx->data;
	void *data_end = (void *)(long)ctx->data_end;
	struct ethhdr *eth = data;
	struct vlan_hdr *vlan = (void *)(eth + 1);

	if ((void *)vlan > data_end)
		return XDP_PASS;
	if (eth->h_proto == bpf_htons(ETH_P_8021Q) && (bpf_ntohs(vlan->tci) & 0xfff) == 666)
		return XDP_DROP;
	return XDP_PASS;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
