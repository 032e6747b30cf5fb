// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Case 09: who asks for whom? Told to user space through a ring buffer.
 *
 *   eth | arp request      a record with the address of who asks, and of who is asked for; PASS
 *   anything else          PASS
 */
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#include "clinic.h"

#define REQUEST 1

struct arp {
	struct ethhdr eth;
	__be16 hardware, protocol;
	__u8 hardware_bytes, protocol_bytes;
	__be16 operation;
	__u8 sender_mac[ETH_ALEN];
	__be32 sender;
	__u8 target_mac[ETH_ALEN];
	__be32 target;
} __attribute__((packed));

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 64 * 1024); /* bytes */
} questions SEC(".maps");

//: solution 9
//: starter
//- /* TODO(9): the verifier refuses this program. 4 lines are enough to repair it. */
//: end
SEC("xdp")
int asks(struct xdp_md *ctx)
{
	void *data = (void *)(long)ctx->data;
	void *data_end = (void *)(long)ctx->data_end;
	struct question *question;
	struct arp *arp = data;

	if ((void *)(arp + 1) > data_end)
		return XDP_PASS;
	question = bpf_ringbuf_reserve(&questions, sizeof(*question), 0);
	if (!question)
		return XDP_PASS;
	question->sender = arp->sender;
	question->target = arp->target;
	//: solution 9
	if (arp->eth.h_proto != bpf_htons(ETH_P_ARP) || arp->operation != bpf_htons(REQUEST)) {
		bpf_ringbuf_discard(question, 0);
		return XDP_PASS;
	}
	//: starter
	//- if (arp->eth.h_proto != bpf_htons(ETH_P_ARP) || arp->operation != bpf_htons(REQUEST))
	//-	return XDP_PASS;
	//: end
	bpf_ringbuf_submit(question, 0);
	return XDP_PASS;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
