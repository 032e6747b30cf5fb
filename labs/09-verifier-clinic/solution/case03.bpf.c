// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Case 03: routers shall not be alarmed by strangers.
 *
 *   eth | ipv4 with the option "router alert"      DROP
 *   anything else                                  PASS
 *
 * IPv4 options are up to ten words of four bytes (ihl counts all words of the header, at least 5).
 * Router alert (RFC 2113) fills one word. Words of nothing but "no operation" may stand
 * before it; they are counted.
 */
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/ip.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#define NO_OPERATION 0x01010101
#define ROUTER_ALERT 0x94040000

__u64 padding; /* words of "no operation" */

//: solution 3
//: starter
//- /* TODO(3): the verifier refuses this program. 3 lines are enough to repair it. */
//: end
SEC("xdp")
int no_alert(struct xdp_md *ctx)
{
	void *data = (void *)(long)ctx->data;
	void *data_end = (void *)(long)ctx->data_end;
	struct ethhdr *eth = data;
	struct iphdr *ip = (void *)(eth + 1);
	__be32 *options = (void *)(ip + 1);
	int word = 0, words;

	if ((void *)(ip + 1) > data_end || eth->h_proto != bpf_htons(ETH_P_IP))
		return XDP_PASS;
	words = ip->ihl - 5;

	//: solution 3
	for (; word < words; word++) {
		if ((void *)(options + word + 1) > data_end)
			return XDP_PASS;
		if (options[word] == bpf_htonl(NO_OPERATION)) {
			__sync_fetch_and_add(&padding, 1);
			continue;
		}
		if (options[word] == bpf_htonl(ROUTER_ALERT))
			return XDP_DROP;
	}
	//: starter
	//- while (word < words) {
	//-	if ((void *)(options + word + 1) > data_end)
	//-		return XDP_PASS;
	//-	if (options[word] == bpf_htonl(NO_OPERATION)) {
	//-		__sync_fetch_and_add(&padding, 1);
	//-		continue;
	//-	}
	//-	if (options[word] == bpf_htonl(ROUTER_ALERT))
	//-		return XDP_DROP;
	//-	word++;
	//- }
	//: end
	return XDP_PASS;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
