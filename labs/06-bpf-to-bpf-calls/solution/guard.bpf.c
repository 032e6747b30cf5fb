// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Lab 06: let somebody else's program decide, but not change the frame.
 *
 *              tail call from a function            comes back to the caller
 *   guard ──> ask() ┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄> plugin ──────────> guard
 *   keeps a copy                          a verdict          frame changed?  DROP
 *                                                            else            that verdict
 */
#include <stdbool.h>

#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

//: solution 5
#define KEEP 192
//: starter
//- #define KEEP 256
//: end

int plugin(struct xdp_md *ctx);

/* libbpf puts the plug-in into its slot while it loads this object. */
struct {
	__uint(type, BPF_MAP_TYPE_PROG_ARRAY);
	__uint(max_entries, 1);
	__uint(key_size, sizeof(__u32));
	__array(values, int(struct xdp_md *));
} plugins SEC(".maps") = {
	.values = { (void *)&plugin },
};

/* Are the first bytes of the frame other than those of the copy? */
static __noinline bool differs(struct xdp_md *ctx, const __u8 *copy)
{
	__u8 *data = (void *)(long)ctx->data;
	void *data_end = (void *)(long)ctx->data_end;

	for (int i = 0; i < KEEP; i++) {
		if ((void *)(data + i + 1) > data_end)
			break;
		if (data[i] != copy[i])
			return true;
	}
	return false;
}

//: solution 5
/* The plug-in's verdict; ABORTED when its slot is empty. */
static __noinline int ask(struct xdp_md *ctx)
{
	int verdict = XDP_ABORTED;

	/* The plug-in returns in our place; the compiler must not believe that it knows the value. */
	barrier_var(verdict);
	bpf_tail_call(ctx, &plugins, 0);
	return verdict;
}

//: end
SEC("xdp")
int guard(struct xdp_md *ctx)
{
	void *data = (void *)(long)ctx->data;
	void *data_end = (void *)(long)ctx->data_end;
	__u8 copy[KEEP] __attribute__((aligned(8))) = {};
	__u64 length = data_end - data;
	int verdict = XDP_ABORTED;

	if (length > KEEP)
		length = KEEP;
	if (length < 14 || bpf_xdp_load_bytes(ctx, 0, copy, length))
		return XDP_ABORTED;

	//: solution 5
	verdict = ask(ctx);
	//: starter
	//- /* TODO(5): from here nobody comes back. Tail-call in a function of its own. */
	//- bpf_tail_call(ctx, &plugins, 0);
	//: end
	return differs(ctx, copy) ? XDP_DROP : verdict;
}

/* Somebody else's program, for trying: byte 14 of the frame tells which byte it inverts (0: none),
 * byte 15 is its verdict.
 */
SEC("xdp")
int plugin(struct xdp_md *ctx)
{
	__u8 *data = (void *)(long)ctx->data;
	void *data_end = (void *)(long)ctx->data_end;
	__u8 at;

	if ((void *)(data + 16) > data_end)
		return XDP_PASS;
	at = data[14];
	if (at && (void *)(data + at + 1) <= data_end)
		data[at] ^= 0xff;
	return data[15];
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
