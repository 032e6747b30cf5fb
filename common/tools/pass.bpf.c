// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Pass every frame, and nothing else.
 *
 * For the far end of a veth: what XDP_TX or XDP_REDIRECT sends into a veth is lost (counted as
 * tx_errors) unless the peer device takes XDP frames, and without GRO it does so only with a
 * program of its own.
 */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

SEC("xdp")
int pass(struct xdp_md *ctx)
{
	return XDP_PASS;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
