/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Lab 10: what the watchers in the kernel and their loader agree on. */
#ifndef WATCH_H
#define WATCH_H

#include <linux/types.h>

/* The key of `lost`. Its value is a __u64: frames that came in by this device and did not get where
 * the program wanted them to go, or that it gave up on.
 */
struct fate {
	__u32 ifindex;
	__u32 action; /* what the program returned: enum xdp_action, or a number that is none */
};

#endif
