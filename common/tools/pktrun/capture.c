// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* pktrun: the frames of a pcap file. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "pktrun.h"
#include <pcap/dlt.h>

static bool add_frame(struct frames *all, const struct pcap_pkthdr *hdr, const u_char *data)
{
	struct frame *list = realloc(all->list, (all->count + 1) * sizeof(*list));
	__u8 *copy;

	if (!list)
		return false;
	all->list = list;
	copy = malloc(hdr->caplen ? hdr->caplen : 1);
	if (!copy)
		return false;
	memcpy(copy, data, hdr->caplen);
	list[all->count++] = (struct frame) { .hdr = *hdr, .data = copy };
	return true;
}

static int read_open_pcap(pcap_t *pcap, const char *path, struct frames *all)
{
	struct pcap_pkthdr *hdr;
	const u_char *data;
	int got;

	if (pcap_datalink(pcap) != DLT_EN10MB) {
		const char *name = pcap_datalink_val_to_name(pcap_datalink(pcap));

		complain("%s: holds %s frames, not Ethernet (EN10MB)", path,
			 name ? name : "unknown");
		return BAD_INPUT;
	}
	while ((got = pcap_next_ex(pcap, &hdr, &data)) == 1) {
		if (!add_frame(all, hdr, data)) {
			complain("%s: %s", path, strerror(ENOMEM));
			return ENVIRONMENT;
		}
	}
	if (got == PCAP_ERROR) {
		complain("%s: after frame %u: %s", path, all->count, pcap_geterr(pcap));
		return BAD_INPUT;
	}
	if (!all->count) {
		complain("%s: no frame in it", path);
		return BAD_INPUT;
	}
	return ALL_RAN;
}

int frames_read(const char *path, struct frames *all)
{
	char err[PCAP_ERRBUF_SIZE] = "";
	pcap_t *pcap;
	int ret;

	if (strcmp(path, "-") && access(path, R_OK)) {
		complain("%s: %s", path, strerror(errno));
		return BAD_INPUT;
	}
	pcap = pcap_open_offline(path, err);
	if (!pcap) {
		complain("%s: not a pcap file: %s", path, err);
		return BAD_INPUT;
	}
	ret = read_open_pcap(pcap, path, all);
	pcap_close(pcap);
	return ret;
}

void frames_free(struct frames *all)
{
	for (__u32 i = 0; i < all->count; i++)
		free(all->list[i].data);
	free(all->list);
}
