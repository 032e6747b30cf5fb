// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Lab 07: the program to be taken apart. Greets and counts long frames.
 *
 *   more than 100 bytes      "Hello long World 3", counter += 1, PASS
 *   other frames             PASS
 */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

__u64 counter;

SEC("xdp")
int hello(struct xdp_md *ctx)
{
	void *data = (void *)(long)ctx->data;
	void *data_end = (void *)(long)ctx->data_end;

	if (data_end - data > 100) {
		bpf_printk("Hello long World %llu", counter);
		counter++;
	}
	return XDP_PASS;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
