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
	//: solution 2
	void *data = (void *)(long)ctx->data;
	void *data_end = (void *)(long)ctx->data_end;

	bpf_printk("Hello World: %ld bytes", data_end - data);
	//: starter
	//- /* TODO(2): say how long the packet is, as in "Hello World: 98 bytes". */
	//- bpf_printk("Hello World");
	//: end

	return XDP_PASS;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
