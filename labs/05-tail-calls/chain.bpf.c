// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Lab 05: how many tail calls can one frame make?
 *
 *   frame ──> chain ──> chain ──> chain ──> … ──> the kernel says no: PASS
 *
 * The array is filled in the source: libbpf does it while it loads the object.
 */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

int chain(struct xdp_md *ctx);

struct {
	__uint(type, BPF_MAP_TYPE_PROG_ARRAY);
	__uint(max_entries, 1);
	__uint(key_size, sizeof(__u32));
	__array(values, int(void *));
} next SEC(".maps") = {
	.values = { (void *)&chain },
};

__u64 runs; /* how often the program began */
__u64 ends; /* how often it got behind its tail call */

SEC("xdp")
int chain(struct xdp_md *ctx)
{
	/* TODO(7): count this run; tail-call slot 0 of `next`; count again if you are still here. */
	return XDP_PASS;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
