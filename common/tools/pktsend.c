// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* pktsend [--times N] [--pps N] DEVICE FRAMES.pcap: send each frame of a capture by a device.
 *
 * tcpreplay does this and more, but waits four or five times until every CPU of the machine has
 * finished what it was reading (a grace period of RCU): when it opens the device for receiving, too,
 * makes its buffers, and closes all that. It takes 40 to 60 ms for one frame; we take 2.
 */
#include <errno.h>
#include <getopt.h>
#include <net/if.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <linux/if_packet.h>

/* A capture as tcpdump writes it, in this machine's byte order; times may be in µs or ns */
struct pcap_head {
	uint32_t magic;
	uint16_t major, minor;
	uint32_t zone, sigfigs, snaplen, linktype;
};

struct pcap_frame {
	uint32_t sec, part, kept, length;
};

enum { MICROSECONDS = 0xa1b2c3d4, NANOSECONDS = 0xa1b23c4d, ETHERNET = 1 };

static const char usage[] = "usage: pktsend [--times N] [--pps N] DEVICE FRAMES.pcap\n";

/* The whole file and its size in *size, for free(). NULL with errno. */
static char *slurp(const char *path, size_t *size)
{
	FILE *file = fopen(path, "re");
	char *all = NULL, *more;
	size_t room = 0, got;

	if (!file)
		return NULL;
	*size = 0;
	do {
		room += 65536;
		more = realloc(all, room);
		if (!more)
			break;
		all = more;
		got = fread(all + *size, 1, room - *size, file);
		*size += got;
	} while (*size == room);
	if (!more || ferror(file)) {
		free(all);
		all = NULL;
	}
	fclose(file);
	return all;
}

/* Is this a capture of Ethernet frames, and whole? */
static bool is_capture(const char *all, size_t size)
{
	struct pcap_head head;
	struct pcap_frame frame;
	size_t at = sizeof(head);

	if (size < at)
		return false;
	memcpy(&head, all, sizeof(head));
	if ((head.magic != MICROSECONDS && head.magic != NANOSECONDS) || head.linktype != ETHERNET)
		return false;
	for (; at < size; at += frame.kept) {
		if (size - at < sizeof(frame))
			return false;
		memcpy(&frame, all + at, sizeof(frame));
		at += sizeof(frame);
		if (size - at < frame.kept)
			return false;
	}
	return true;
}

/* Wait until n frames may have left, at pps a second since start */
static void pace(const struct timespec *start, unsigned long long n, unsigned long pps)
{
	struct timespec when = *start;

	when.tv_sec += n / pps;
	when.tv_nsec += n % pps * 1000000000 / pps;
	if (when.tv_nsec >= 1000000000) {
		when.tv_nsec -= 1000000000;
		when.tv_sec++;
	}
	clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &when, NULL);
}

/* A number from 1 up, or 0 */
static unsigned long number(const char *text)
{
	char *end;
	unsigned long n = strtoul(text, &end, 10);

	return *end || *text == '-' || n > 1000000000 ? 0 : n;
}

int main(int argc, char **argv)
{
	static const struct option options[] = {
		{ "times", required_argument, NULL, 't' },
		{ "pps", required_argument, NULL, 'p' },
		{},
	};
	struct sockaddr_ll to = { .sll_family = AF_PACKET };
	unsigned long times = 1, pps = 0, wrong = 0;
	unsigned long long sent = 0;
	struct pcap_frame frame;
	struct timespec start;
	size_t size, at;
	char *all;
	int opt, fd;

	while ((opt = getopt_long(argc, argv, "t:p:", options, NULL)) != -1) {
		if (opt == 't')
			wrong |= !(times = number(optarg));
		else if (opt == 'p')
			wrong |= !(pps = number(optarg));
		else
			wrong = 1;
	}
	if (wrong || argc - optind != 2) {
		fputs(usage, stderr);
		return 1;
	}
	to.sll_ifindex = if_nametoindex(argv[optind]);
	if (!to.sll_ifindex) {
		fprintf(stderr, "pktsend: %s: no such device here\n", argv[optind]);
		return 1;
	}
	all = slurp(argv[optind + 1], &size);
	if (!all) {
		fprintf(stderr, "pktsend: %s: %s\n", argv[optind + 1], strerror(errno));
		return 1;
	}
	if (!is_capture(all, size)) {
		fprintf(stderr, "pktsend: %s: no capture of Ethernet frames, or cut short\n",
			argv[optind + 1]);
		free(all);
		return 1;
	}
	/* protocol 0: nothing is received */
	fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);
	if (fd < 0) {
		fprintf(stderr, "pktsend: %s%s\n", strerror(errno),
			errno == EPERM ? ": it takes root, or CAP_NET_RAW" : "");
		free(all);
		return 1;
	}
	/* straight to the driver: right after a device went up, a queue may drop without a word */
	setsockopt(fd, SOL_PACKET, PACKET_QDISC_BYPASS, &(int) { 1 }, sizeof(int));

	clock_gettime(CLOCK_MONOTONIC, &start);
	while (times-- && !wrong)
		for (at = sizeof(struct pcap_head); at < size && !wrong; at += frame.kept, sent++) {
			memcpy(&frame, all + at, sizeof(frame));
			at += sizeof(frame);
			if (pps)
				pace(&start, sent, pps);
			wrong = sendto(fd, all + at, frame.kept, 0, (void *)&to, sizeof(to)) < 0;
		}
	if (wrong)
		fprintf(stderr, "pktsend: %s: frame %llu: %s\n", argv[optind], sent,
			strerror(errno));
	free(all);

	/* Who closes the socket last waits for a grace period: a child does, and nobody for it. */
	if (!fork()) {
		for (int i = 0; i < 3; i++)
			close(i);
		_exit(0);
	}
	return wrong;
}
