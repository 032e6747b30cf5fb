// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Case 12: nothing but zeros is no message.
 *
 *   eth | zeros      DROP
 *   anything else    PASS
 */
#include <stdbool.h>

#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <bpf/bpf_helpers.h>

#define LONGEST 1500 /* bytes behind the Ethernet header */

struct search {
	struct xdp_md *ctx;
	bool found;
};

/* bpf_loop() calls this with i = 0, 1, 2, ... */
static long look_at(__u32 i, struct search *search)
{
	__u8 byte;
	long err;

	err = bpf_xdp_load_bytes(search->ctx, ETH_HLEN + i, &byte, sizeof(byte));
	//: solution 12
	if (err)
		return 1;
	//: starter
	//- if (err)
	//-	return err;
	//: end
	if (byte)
		search->found = true;
	return search->found;
}

//: solution 12
//: starter
//- /* TODO(12): the verifier refuses this program. 2 lines are enough to repair it. */
//: end
SEC("xdp")
int no_zeros(struct xdp_md *ctx)
{
	struct search search = { .ctx = ctx };

	bpf_loop(LONGEST, look_at, &search, 0);
	return search.found ? XDP_PASS : XDP_DROP;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
