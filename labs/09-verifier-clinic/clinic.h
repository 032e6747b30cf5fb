/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Lab 09: what several cases, and the loader, must agree on. */
#ifndef CLINIC_H
#define CLINIC_H

#include <linux/types.h>

/* What stands behind the addresses of a frame with EtherType 0x8100. */
struct vlan_hdr {
	__be16 tci; /* 3 bits of priority, 1 bit, 12 bits of VLAN number */
	__be16 ethertype;
};

/* What case 09 tells of an ARP request. */
struct question {
	__be32 sender;
	__be32 target;
};

#endif
