// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Lab 03: hello with a memory. Nothing to do here: it is to be looked at.
 *
 *   any frame      "Hello World 0", "Hello World 1", ... into the kernel's trace, then XDP_PASS
 */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

int counter = 0;

SEC("xdp")
int hello(struct xdp_md *ctx)
{
	bpf_printk("Hello World %d", counter);
	counter++;

	return XDP_PASS;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
