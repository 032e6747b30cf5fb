// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Case 11: how far have they come? Each router on the way takes 1 from the TTL.
 *
 *   eth | ipv4 | anything      packets[TTL] += 1, the last one for all that are higher; PASS
 *   anything else              PASS
 */
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/ip.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#define TTLS 64

__u64 packets[TTLS];

//: solution 11
//: starter
//- /* TODO(11): the verifier refuses this program. 2 lines are enough to repair it. */
//: end
SEC("xdp")
int distances(struct xdp_md *ctx)
{
	void *data = (void *)(long)ctx->data;
	void *data_end = (void *)(long)ctx->data_end;
	struct ethhdr *eth = data;
	struct iphdr *ip = (void *)(eth + 1);
	__u32 ttl;

	if ((void *)(ip + 1) > data_end || eth->h_proto != bpf_htons(ETH_P_IP))
		return XDP_PASS;
	ttl = ip->ttl;
	//: solution 11
	if (ttl >= TTLS)
		ttl = TTLS - 1;
	//: starter
	//- if (ttl > TTLS)
	//-	ttl = TTLS - 1;
	//: end
	__sync_fetch_and_add(&packets[ttl], 1);
	return XDP_PASS;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
