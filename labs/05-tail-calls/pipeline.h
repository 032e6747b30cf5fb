/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What the pipeline and its loader agree on. */
#ifndef PIPELINE_H
#define PIPELINE_H

#include <linux/types.h>

/* Where the loader pins: maps `leaves` and `counts`, and each program that can stand in a slot, by
 * its name.
 */
#define PIPELINE_DIR "/sys/fs/bpf/pipeline"

/* The slots of the program array `leaves`, one for each kind of frame. */
enum slot { SLOT_IPV4, SLOT_IPV6, SLOT_ARP, SLOTS };

/* The value of `counts`, one for each slot and CPU. */
struct counts {
	__u64 passed;	     /* frames that the slot's own leaf passed */
	__u64 dropped;	     /* frames that `drop` dropped while it stood in this slot */
	__u64 dropped_bytes; /* their lengths, Ethernet header included */
	__u64 missed;	     /* frames that found the slot empty */
};

/* The value of `notes`: what root tells the leaf about the frame in hand. */
struct note {
	__u32 slot;  /* an enum slot: where the leaf stands */
	__u32 bytes; /* length of the frame, Ethernet header included */
};

#endif
