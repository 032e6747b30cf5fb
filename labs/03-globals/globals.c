// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Lab 03: the loader. Set the program's globals, read them and change them while it runs.
 *
 *   globals --dev veth0                          count every frame, until Ctrl-C
 *   globals --dev veth0 --min-len 100 --debug    only long ones; a line in the trace for each
 *
 * It says every second how far the program has counted, and does what is typed meanwhile:
 *
 *   show          say it now
 *   step 7        from now on, each frame adds 7 to the sum
 *   min_len 60    try what can't be done
 */
#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <linux/if_link.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "netdev.h"
#include "globals.skel.h"

static const char usage[] = "usage: globals --dev NAME [--min-len BYTES] [--debug]\n";
static const char commands[] = "commands: show, step N, min_len N\n";

static volatile sig_atomic_t exiting;

static void on_signal(int sig)
{
	exiting = sig;
}

/* Is the text a whole number from min to max, and nothing else? */
static bool number(const char *text, long long min, long long max, long long *n)
{
	char *end;

	errno = 0;
	*n = strtoll(text, &end, 10);
	return end != text && !*end && !errno && *n >= min && *n <= max;
}

/* What the program's variables hold at this moment */
static void report(const struct globals_bpf *skel)
{
	printf("counted:");
	/* TODO(1): print " packets 17", with the variable's value. */
	/* TODO(2): print " sum 34 step 2". */
	printf("\n");
	fflush(stdout);
}

/* From now on, each frame adds step. 0, or -errno. */
static int set_step(struct globals_bpf *skel, int step)
{
	/* TODO(2): change the program's variable while it runs. */
	return -ENOSYS;
}

/* Ask the kernel for another min_len in the running program. 0, or -errno. */
static int set_min_len(struct globals_bpf *skel, __u32 min_len)
{
	/* TODO(3): a copy of all of .rodata, with this min_len; bpf_map__update_elem(). */
	return -ENOSYS;
}

static void command(struct globals_bpf *skel, const char *line)
{
	long long n;
	int err = 0;

	if (!strncmp(line, "step ", 5) && number(line + 5, INT_MIN, INT_MAX, &n))
		err = set_step(skel, n);
	else if (!strncmp(line, "min_len ", 8) && number(line + 8, 0, UINT_MAX, &n))
		err = set_min_len(skel, n);
	else if (strcmp(line, "show"))
		printf("%s", commands);
	if (err)
		printf("%s: %s\n", line, strerror(-err));
}

int main(int argc, char **argv)
{
	static const struct option options[] = {
		{ "dev", required_argument, NULL, 'd' },
		{ "min-len", required_argument, NULL, 'l' },
		{ "debug", no_argument, NULL, 'D' },
		{},
	};
	struct sigaction action = { .sa_handler = on_signal };
	struct pollfd input = { .fd = STDIN_FILENO, .events = POLLIN };
	__u32 mode = XDP_FLAGS_DRV_MODE, info_len;
	struct bpf_prog_info info = {};
	struct globals_bpf *skel;
	int opt, ifindex = 0, prog_fd, err;
	const char *dev = NULL;
	long long min_len = 0;
	bool debug = false;
	char line[64];

	/* 1. arguments */
	while ((opt = getopt_long(argc, argv, "d:l:D", options, NULL)) != -1) {
		if (opt == 'd' && !dev) {
			dev = optarg;
			ifindex = netdev_index(dev);
			if (!ifindex)
				return 1;
		} else if (opt == 'l' && number(optarg, 0, UINT_MAX, &min_len)) {
			continue;
		} else if (opt == 'D') {
			debug = true;
		} else {
			fprintf(stderr, "%s", usage);
			return 1;
		}
	}
	if (!dev || optind < argc) {
		fprintf(stderr, "%s", usage);
		return 1;
	}
	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
	/* in the background of a terminal nothing can be typed: no reason to be stopped */
	signal(SIGTTIN, SIG_IGN);
	/* poll() must not overlook a line that waits in a buffer */
	setvbuf(stdin, NULL, _IONBF, 0);

	printf("asked for: min_len %lld, debug %d\n", min_len, debug);

	/* 2. load: in two steps, and between them the constants get their values */
	skel = globals_bpf__open();
	if (!skel) {
		fprintf(stderr, "can't open globals: %s\n", strerror(errno));
		return 1;
	}
	/* TODO(3): hand min_len to the program. */
	/* TODO(4): hand debug to the program. */
	err = globals_bpf__load(skel);
	if (err) {
		fprintf(stderr, "can't load globals: %s%s\n", strerror(-err),
			err == -EPERM ? ": it takes root, or CAP_BPF and CAP_NET_ADMIN" : "");
		goto cleanup;
	}
	prog_fd = bpf_program__fd(skel->progs.count);
	info_len = sizeof(info);
	err = bpf_obj_get_info_by_fd(prog_fd, &info, &info_len);
	if (err) {
		fprintf(stderr, "can't ask about the program: %s\n", strerror(-err));
		goto cleanup;
	}
	printf("loaded %s (id %u): %u instructions\n", info.name, info.id,
	       info.xlated_prog_len / 8);

	/* 3. attach */
	err = bpf_xdp_attach(ifindex, prog_fd, mode | XDP_FLAGS_UPDATE_IF_NOEXIST, NULL);
	if (err) {
		fprintf(stderr, "can't attach to %s: %s\n", dev, strerror(-err));
		if (err == -EBUSY)
			fprintf(stderr, "take off what is there: ip link set dev %s xdp off\n",
				dev);
		goto cleanup;
	}
	printf("attached to %s (ifindex %d), Ctrl-C to detach\n", dev, ifindex);
	fflush(stdout);

	/* 4. use: once a second, and whenever a line was typed */
	while (!exiting) {
		int ready = poll(&input, 1, 1000);

		if (ready > 0 && !fgets(line, sizeof(line), stdin)) {
			input.fd = -1; /* nothing more will be typed */
		} else if (ready >= 0) {
			if (ready) {
				line[strcspn(line, "\n")] = '\0';
				command(skel, line);
			}
			report(skel);
		}
	}
	report(skel);

	/* 5. clean up: our program and no other comes off again */
	LIBBPF_OPTS(bpf_xdp_attach_opts, ours, .old_prog_fd = prog_fd);
	if (bpf_xdp_detach(ifindex, mode, &ours))
		fprintf(stderr, "%s: our program is no longer there\n", dev);
	else
		printf("detached from %s\n", dev);
cleanup:
	globals_bpf__destroy(skel);
	return err ? 1 : 0;
}
