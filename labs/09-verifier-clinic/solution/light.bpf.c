// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Lab 09: what heavy.bpf.c does, for a tenth of the verifier's work. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

#include "combined.h"

//: solution 13
struct sum {
	struct xdp_md *ctx;
	__u8 of_bytes;
};

/* bpf_loop() calls this with i = 0, 1, 2, ... until it returns 1. */
static long add(__u32 i, struct sum *sum)
{
	__u8 *data = (void *)(long)sum->ctx->data;
	void *data_end = (void *)(long)sum->ctx->data_end;

	/* all that the verifier knows of i is what it sees here */
	if (i >= LONGEST || (void *)(data + i + 1) > data_end)
		return 1;
	sum->of_bytes ^= data[i];
	return 0;
}

//: end
SEC("xdp")
int light(struct xdp_md *ctx)
{
	//: solution 13
	struct sum sum = { .ctx = ctx };

	bpf_loop(LONGEST, add, &sum, 0);
	return sum.of_bytes ? XDP_DROP : XDP_PASS;
	//: starter
	//- /* TODO(13): the same verdicts, for a tenth of the work. */
	//- return combined(ctx) ? XDP_DROP : XDP_PASS;
	//: end
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
