/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Lab 09: all bytes of a frame in one, by exclusive or. Right, and dear: the verifier walks through
 * this loop 1500 times.
 */
#ifndef COMBINED_H
#define COMBINED_H

#include <linux/bpf.h>

#define LONGEST 1500 /* bytes; what is behind them doesn't count */

static inline __u8 combined(struct xdp_md *ctx)
{
	__u8 *data = (void *)(long)ctx->data;
	void *data_end = (void *)(long)ctx->data_end;
	__u8 sum = 0;

	for (int i = 0; i < LONGEST; i++) {
		if ((void *)(data + i + 1) > data_end)
			break;
		sum ^= data[i];
	}
	return sum;
}

#endif
