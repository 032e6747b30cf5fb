// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Lab LAB_NUMBER: count the IPv4 packets, and let everything through.
 *
 *   eth | ipv4         seen += 1, PASS
 *   anything else      PASS
 */
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

__u64 seen; /* IPv4 packets */

SEC("xdp")
int count(struct xdp_md *ctx)
{
	void *data = (void *)(long)ctx->data;
	void *data_end = (void *)(long)ctx->data_end;
	struct ethhdr *eth = data;

	if ((void *)(eth + 1) > data_end)
		return XDP_PASS;

	//: solution 1
	if (eth->h_proto == bpf_htons(ETH_P_IP))
		__sync_fetch_and_add(&seen, 1);
	//: starter
	//- /* TODO(1): only if it is IPv4. */
	//- __sync_fetch_and_add(&seen, 1);
	//: end

	return XDP_PASS;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
