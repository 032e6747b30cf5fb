// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Lab 08: two versions of one program. Each counts the frames that it sees, and lets them through.
 *
 *   any frame      hello: hello_seen += 1; hello2: hello2_seen += 1; XDP_PASS
 */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

__u64 hello_seen, hello2_seen; /* frames */

SEC("xdp")
int hello(struct xdp_md *ctx)
{
	__sync_fetch_and_add(&hello_seen, 1);
	return XDP_PASS;
}

SEC("xdp")
int hello2(struct xdp_md *ctx)
{
	__sync_fetch_and_add(&hello2_seen, 1);
	return XDP_PASS;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
