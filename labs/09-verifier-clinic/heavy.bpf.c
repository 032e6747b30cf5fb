// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Lab 09: a healthy program. One byte of each frame is chosen so that all of them give 0; who
 * garbles a frame on the way gives himself away.
 *
 *   any frame whose bytes give 0 (see combined.h)      PASS
 *   any other                                          DROP
 */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

#include "combined.h"

SEC("xdp")
int heavy(struct xdp_md *ctx)
{
	return combined(ctx) ? XDP_DROP : XDP_PASS;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
