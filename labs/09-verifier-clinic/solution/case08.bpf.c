// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Case 08: who knocked last? Written as text, for a display that can do no better.
 *
 *   eth | ipv4 | anything      last = "10.0.1.2", PASS
 *   anything else              PASS
 */
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/ip.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

char last[16];

//: solution 8
//: starter
//- /* TODO(8): the verifier refuses this program. 1 line is enough to repair it. */
//: end
SEC("xdp")
int knocked(struct xdp_md *ctx)
{
	static const char format[] = "%pI4";
	void *data = (void *)(long)ctx->data;
	void *data_end = (void *)(long)ctx->data_end;
	struct ethhdr *eth = data;
	struct iphdr *ip = (void *)(eth + 1);
	__be32 sender;
	__u64 args[] = { (unsigned long)&sender };

	if ((void *)(ip + 1) > data_end || eth->h_proto != bpf_htons(ETH_P_IP))
		return XDP_PASS;
	sender = ip->saddr;
	bpf_snprintf(last, sizeof(last), format, args, sizeof(args));
	return XDP_PASS;
}

//: solution 8
char LICENSE[] SEC("license") = "Dual BSD/GPL";
//: starter
//- char LICENSE[] SEC("license") = "BSD";
//: end
