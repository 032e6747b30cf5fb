/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Lab 06: what the program in the kernel and its loader agree on. */
#ifndef CALLS_H
#define CALLS_H

/* What a frame carries: the place of its counter. */
enum kind {
	KIND_NOT_IPV4,
	KIND_SHORT, /* a header ends outside of the frame */
	KIND_OTHER, /* IPv4 with something else in it */
	KIND_ICMP,
	KIND_UDP,
	KIND_DNS, /* UDP to port 53 */
	KIND_TCP,
	KIND_WEB, /* TCP to port 80 or 443 */
	KINDS
};

#endif
