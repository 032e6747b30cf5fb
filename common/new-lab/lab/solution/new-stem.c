// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Lab LAB_NUMBER: the loader. Tells at its end how many IPv4 packets came.
 *
 *   new-stem --dev veth0     attach, until Ctrl-C
 */
#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <bpf/libbpf.h>

#include "netdev.h"
#include "new-stem.skel.h"

static volatile sig_atomic_t exiting;

static void on_signal(int sig)
{
	exiting = sig;
}

int main(int argc, char **argv)
{
	static const struct option options[] = {
		{ "dev", required_argument, NULL, 'd' },
		{},
	};
	struct sigaction action = { .sa_handler = on_signal };
	const char *dev = NULL;
	struct new_stem_bpf *skel;
	int opt, ifindex, err = 0;

	/* 1. arguments */
	while ((opt = getopt_long(argc, argv, "d:", options, NULL)) != -1) {
		if (opt == 'd' && !dev) {
			dev = optarg;
		} else {
			dev = NULL;
			break;
		}
	}
	if (!dev || optind < argc) {
		fprintf(stderr, "usage: new-stem --dev NAME\n");
		return 1;
	}
	ifindex = netdev_index(dev);
	if (!ifindex)
		return 1;
	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);

	/* 2. load */
	skel = new_stem_bpf__open_and_load();
	if (!skel) {
		fprintf(stderr, "can't load count: %s%s\n", strerror(errno),
			errno == EPERM ? ": it takes root, or CAP_BPF and CAP_NET_ADMIN" : "");
		return 1;
	}

	/* 3. attach: the link takes the program off again when it is destroyed, or we die */
	skel->links.count = bpf_program__attach_xdp(skel->progs.count, ifindex);
	if (!skel->links.count) {
		err = -errno;
		fprintf(stderr, "can't attach to %s: %s\n", dev, strerror(errno));
		goto cleanup;
	}
	printf("attached count to %s, Ctrl-C to detach\n", dev);
	fflush(stdout);

	/* 4. use */
	while (!exiting)
		sleep(1);
	//: solution 2
	printf("%llu IPv4 packets\n", skel->bss->seen);
	//: starter
	//- /* TODO(2): print how many IPv4 packets came: what the program's seen holds now. */
	//- printf("? IPv4 packets\n");
	//: end

	/* 5. clean up */
cleanup:
	new_stem_bpf__destroy(skel);
	return err ? 1 : 0;
}
