// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Lab 06: the same work sixteen times, called and inlined. Only to be loaded and measured.
 *
 *   any frame of 64 bytes or more      XDP_PASS, or XDP_TX if its bytes add up to zero
 */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

#define WORDS 16

/* The body of both: a word of the frame is stirred into the sum. */
#define MIX(sum, word)                                                                             \
	sum = (sum ^ (word)) * 16777619;                                                           \
	sum ^= sum >> 15;                                                                          \
	sum += (word) << 3;                                                                        \
	sum = (sum << 7) | (sum >> 57);                                                            \
	return sum

static __noinline __u64 mix(__u64 sum, __u64 word)
{
	MIX(sum, word);
}

static __always_inline __u64 mix_inlined(__u64 sum, __u64 word)
{
	MIX(sum, word);
}

#define SUM(function)                                                                              \
	__u32 *word = (void *)(long)ctx->data;                                                     \
	__u64 sum = 0;                                                                             \
                                                                                                   \
	if ((void *)(word + WORDS) > (void *)(long)ctx->data_end)                                  \
		return XDP_PASS;                                                                   \
	_Pragma("unroll") for (int i = 0; i < WORDS; i++) sum = function(sum, word[i]);            \
	return sum ? XDP_PASS : XDP_TX

SEC("xdp")
int called(struct xdp_md *ctx)
{
	SUM(mix);
}

SEC("xdp")
int inlined(struct xdp_md *ctx)
{
	SUM(mix_inlined);
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
