// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Lab 01: greet every packet, and let it through.
 *
 *   any frame      "Hello World" into the kernel's trace, then XDP_PASS
 */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

SEC("xdp")
int hello(struct xdp_md *ctx)
{
	/* TODO(2): say how long the packet is, as in "Hello World: 98 bytes". */
	bpf_printk("Hello World");

	return XDP_PASS;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
