/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What counters.bpf.c puts into its maps, and counters.c takes out of them. */
#ifndef COUNTERS_H
#define COUNTERS_H

#include <linux/types.h>

/* So few that you can fill the table; `counters --entries` makes it larger. */
#define SENDERS 4

/* IPv4 has one byte for the protocol's number. */
#define PROTOCOLS 256

struct traffic {
	__u64 packets;
	__u64 bytes; /* of whole Ethernet frames */
};

#endif
