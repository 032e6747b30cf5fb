// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Case 11: how long are frames here?
 *
 *   any frame      frames[length / 64] += 1, the last one for all that are longer; PASS
 */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

#define CLASSES 20

__u64 frames[CLASSES];

/* TODO(11): the verifier refuses this program. 2 lines are enough to repair it. */
SEC("xdp")
int lengths(struct xdp_md *ctx)
{
	void *data = (void *)(long)ctx->data;
	void *data_end = (void *)(long)ctx->data_end;
	__u64 length = data_end - data, class = length / 64;

	if (class > CLASSES)
		class = CLASSES - 1;
	__sync_fetch_and_add(&frames[class], 1);
	return XDP_PASS;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
