/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What the parts of pktrun share: how they complain, frames out of a capture, rows of a table. */
#ifndef PKTRUN_H
#define PKTRUN_H

#include <stdbool.h>

#include <linux/types.h>

#define PCAP_DONT_INCLUDE_PCAP_BPF_H /* its struct bpf_insn is another one */
#include <pcap/pcap.h>

/* Exit status */
enum { ALL_RAN, BAD_INPUT, REFUSED, ENVIRONMENT, NOT_OK };

/* One line on stderr, after what stdout has to say until now. */
__attribute__((format(printf, 1, 2))) void complain(const char *fmt, ...);

struct frame {
	struct pcap_pkthdr hdr;
	__u8 *data;
};

struct frames {
	struct frame *list;
	__u32 count;
};

/* Reads all frames of a capture (- for standard input) to the end of *all. 0, or the exit status
 * for what was complained about; *all has to be freed either way.
 */
int frames_read(const char *path, struct frames *all);
void frames_free(struct frames *all);

/* One row of a table: a frame, and what shall become of it. */
struct row {
	__u32 line; /* in the file, from 1 */
	char *what; /* the comment, or the row itself where there is none */
	struct frame frame;
	__u8 *want;    /* want_len bytes, or NULL: any will do */
	__u8 *matters; /* for each byte of want, 0: this one may be any */
	__u32 want_len;
	__u32 verdict;
};

struct table {
	struct row *rows;
	__u32 count;
};

/* Reads a table (common/tools/README.md tells its notation; - for standard input) to the end of
 * *table. 0, or the exit status for what was complained about, as FILE:LINE; *table has to be freed
 * either way. No row is shorter than an Ethernet header.
 */
int table_read(const char *path, struct table *table);
void table_free(struct table *table);

#endif
