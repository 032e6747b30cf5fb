// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Lab 05: the limit of tail calls once more, measured by other means: no counter.
 *
 *   frame ──> shrink ──> shrink ──> …      each run takes one byte off the front of the frame
 *
 * Nothing to do here. The frame that comes out tells how often the program ran.
 */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

int shrink(struct xdp_md *ctx);

struct {
	__uint(type, BPF_MAP_TYPE_PROG_ARRAY);
	__uint(max_entries, 1);
	__uint(key_size, sizeof(__u32));
	__array(values, int(void *));
} again SEC(".maps") = {
	.values = { (void *)&shrink },
};

SEC("xdp")
int shrink(struct xdp_md *ctx)
{
	if (bpf_xdp_adjust_head(ctx, 1))
		return XDP_ABORTED; /* the frame was too short to measure with */
	bpf_tail_call(ctx, &again, 0);
	return XDP_PASS;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
