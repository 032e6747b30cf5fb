// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Lab 03: count packets in global variables.
 *
 *   frame of at least min_len bytes      packets += 1, sum += step; PASS
 *   a shorter one                        PASS
 */
#include <stdbool.h>
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

/* .bss: begins as zeros; the program writes, the loader reads */
//: solution 1
__u64 packets;
//: starter
//- /* TODO(1): packets, a __u64. */
//: end
//: solution 2
__s64 sum;

/* .data: begins with a value of its own; the loader writes, the program reads */
int step = 2;
//: starter
//-
//- /* .data: begins with a value of its own; the loader writes, the program reads */
//- /* TODO(2): step, an int that is 2 until the loader says something else; and sum, an __s64 in .bss. */
//: end

/* .rodata: the loader sets it once, before the program is loaded; from then on it is a constant */
//: solution 3
const volatile __u32 min_len;
//: starter
//- /* TODO(3): min_len, a __u32. */
//: end
//: solution 4
const volatile bool debug;
//: starter
//- /* TODO(4): debug, a bool. */
//: end

SEC("xdp")
int count(struct xdp_md *ctx)
{
	void *data = (void *)(long)ctx->data;
	void *data_end = (void *)(long)ctx->data_end;

	//: solution 4
	if (debug)
		bpf_printk("frame of %ld bytes", data_end - data);
	//: starter
	//- /* TODO(4): only where debug is set. */
	//- bpf_printk("frame of %ld bytes", data_end - data);
	//: end

	//: solution 3
	if (data_end - data < min_len)
		return XDP_PASS;
	//: starter
	//- /* TODO(3): a frame shorter than min_len is not counted. */
	//: end

	//: solution 1
	packets++;
	//: starter
	//- /* TODO(1): one packet more. */
	//: end
	//: solution 2
	sum += step;
	//: starter
	//- /* TODO(2): sum grows by step. */
	//: end

	return XDP_PASS;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
