// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Lab 06: count frames by what they carry, in four functions.
 *
 *   eth | ipv4 | udp or tcp      counts[kind] += 1, PASS
 *       │      │
 *       │      parse_ports()     who is it for?
 *       parse_ipv4()             what is inside, and where does it begin?
 *                                then kind_of() names the kind
 */
#include <stdbool.h>

#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/in.h>
#include <linux/ip.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#include "calls.h"

struct flow {
	__u8 ip_proto;
	__be16 dport; /* 0: this protocol has no ports (and of fragments, see lab 11) */
};

/* UDP and TCP begin alike, and no more is read of either. */
struct ports {
	__be16 source;
	__be16 dest;
};

__u64 counts[KINDS];

//: solution 1
/* Fills flow->ip_proto. Where the next header begins, or NULL: the frame is too short. */
static __noinline void *parse_ipv4(struct iphdr *ip, void *data_end, struct flow *flow)
{
	if ((void *)(ip + 1) > data_end || ip->ihl < 5)
		return NULL;
	flow->ip_proto = ip->protocol;
	return (void *)ip + ip->ihl * 4;
}

/* Fills flow->dport. False: the frame is too short. */
static __noinline bool parse_ports(struct ports *ports, void *data_end, struct flow *flow)
{
	if ((void *)(ports + 1) > data_end)
		return false;
	flow->dport = ports->dest;
	return true;
}

//: end
/* The kind of an IPv4 frame. */
//: solution 4
__noinline int kind_of(const struct flow *flow)
//: starter
//- /* TODO(4): a global function: neither static nor inlined, verified without its callers. */
//- static __always_inline int kind_of(const struct flow *flow)
//: end
{
	//: solution 4
	if (!flow)
		return KIND_OTHER;
	//: end
	if (flow->ip_proto == IPPROTO_ICMP)
		return KIND_ICMP;
	if (flow->ip_proto == IPPROTO_UDP)
		return flow->dport == bpf_htons(53) ? KIND_DNS : KIND_UDP;
	if (flow->ip_proto != IPPROTO_TCP)
		return KIND_OTHER;
	if (flow->dport == bpf_htons(80) || flow->dport == bpf_htons(443))
		return KIND_WEB;
	return KIND_TCP;
}

static __always_inline void count(__u64 kind)
{
	/* The compiler looked into kind_of(), and would drop the check below; the verifier needs it. */
	barrier_var(kind);
	if (kind < KINDS)
		__sync_fetch_and_add(&counts[kind], 1);
}

SEC("xdp")
int calls(struct xdp_md *ctx)
{
	void *data = (void *)(long)ctx->data;
	void *data_end = (void *)(long)ctx->data_end;
	struct ethhdr *eth = data;
	struct flow flow = {};
	void *next;

	if ((void *)(eth + 1) > data_end || eth->h_proto != bpf_htons(ETH_P_IP)) {
		count(KIND_NOT_IPV4);
		return XDP_PASS;
	}
	//: solution 1
	next = parse_ipv4((void *)(eth + 1), data_end, &flow);
	if (!next)
		goto too_short;
	if ((flow.ip_proto == IPPROTO_UDP || flow.ip_proto == IPPROTO_TCP) &&
	    !parse_ports(next, data_end, &flow))
		goto too_short;
	//: starter
	//- /* TODO(1): make two functions of this, static and never inlined. */
	//- struct iphdr *ip = (void *)(eth + 1);
	//-
	//- if ((void *)(ip + 1) > data_end || ip->ihl < 5)
	//-	goto too_short;
	//- flow.ip_proto = ip->protocol;
	//- next = (void *)ip + ip->ihl * 4;
	//-
	//- if (flow.ip_proto == IPPROTO_UDP || flow.ip_proto == IPPROTO_TCP) {
	//-	struct ports *ports = next;
	//-
	//-	if ((void *)(ports + 1) > data_end)
	//-		goto too_short;
	//-	flow.dport = ports->dest;
	//- }
	//: end
	count(kind_of(&flow));
	return XDP_PASS;

too_short:
	count(KIND_SHORT);
	return XDP_PASS;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
