// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* The last case is a healthy one: all bytes of a frame, combined by exclusive or, tell a copy that
 * was garbled on the way.
 *
 *   any frame whose bytes (the first 1500 of them) give 0      DROP
 *   any other                                                  PASS
 *
 * Two programs that do the same: heavy as it always was, and light, which shall cost the verifier a
 * tenth of the work.
 */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

#define LONGEST 1500

static __always_inline __u8 combined(struct xdp_md *ctx)
{
	__u8 *data = (void *)(long)ctx->data;
	void *data_end = (void *)(long)ctx->data_end;
	__u8 sum = 0;

	for (int i = 0; i < LONGEST; i++) {
		if ((void *)(data + i + 1) > data_end)
			break;
		sum ^= data[i];
	}
	return sum;
}

SEC("xdp")
int heavy(struct xdp_md *ctx)
{
	return combined(ctx) ? XDP_PASS : XDP_DROP;
}

SEC("xdp")
int light(struct xdp_md *ctx)
{
	/* TODO(13): the same verdicts for a tenth of the work. 30 lines are enough. */
	return combined(ctx) ? XDP_PASS : XDP_DROP;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
