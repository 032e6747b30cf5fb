// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Lab 01: the loader. Put hello.bpf.c into the kernel, attach it, wait, take it off again.
 *
 *   hello --dev veth0 --dev veth1     attach to both, until Ctrl-C
 *   hello --dev veth1 --detach        take off what is attached to veth1
 */
#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <linux/if_link.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "netdev.h"
#include "hello.skel.h"

#define MAX_DEVS 8

struct device {
	const char *name;
	int ifindex;
	bool attached;
};

static const char usage[] =
	"usage: hello --dev NAME [--dev NAME ...] [--mode native|generic] [--detach]\n";

static volatile sig_atomic_t exiting;

/* TODO(4): a signal handler that does one thing: it sets `exiting`. */

/* --detach: take the program off each device, whoever attached it. 0, or -errno of the last error. */
static int detach(const struct device *devs, int n, __u32 mode)
{
	int err = 0;

	for (int i = 0; i < n; i++) {
		__u32 id = 0;
		int ret = bpf_xdp_query_id(devs[i].ifindex, mode, &id);

		if (!ret && !id)
			ret = -ENOENT;
		/* TODO(3): take the program off devs[i]: bpf_xdp_detach(). */
		if (!ret)
			ret = -ENOSYS;
		if (ret) {
			fprintf(stderr, "%s: nothing detached: %s\n", devs[i].name, strerror(-ret));
			err = ret;
		} else {
			printf("detached program %u from %s\n", id, devs[i].name);
		}
	}
	return err;
}

int main(int argc, char **argv)
{
	static const struct option options[] = {
		{ "dev", required_argument, NULL, 'd' },
		{ "mode", required_argument, NULL, 'm' },
		{ "detach", no_argument, NULL, 'D' },
		{},
	};
	struct bpf_prog_info info = {};
	__u32 info_len = sizeof(info), mode = XDP_FLAGS_DRV_MODE;
	struct device devs[MAX_DEVS] = {};
	bool detach_only = false;
	struct hello_bpf *skel;
	int opt, n = 0, prog_fd, err;

	/* 1. arguments */
	while ((opt = getopt_long(argc, argv, "d:m:D", options, NULL)) != -1) {
		if (opt == 'd' && n < MAX_DEVS) {
			devs[n].name = optarg;
			devs[n].ifindex = netdev_index(optarg);
			if (!devs[n++].ifindex)
				return 1;
		} else if (opt == 'm' && !strcmp(optarg, "native")) {
			mode = XDP_FLAGS_DRV_MODE;
		} else if (opt == 'm' && !strcmp(optarg, "generic")) {
			mode = XDP_FLAGS_SKB_MODE;
		} else if (opt == 'D') {
			detach_only = true;
		} else {
			fprintf(stderr, "%s", usage);
			return 1;
		}
	}
	if (!n || optind < argc) {
		fprintf(stderr, "%s", usage);
		return 1;
	}
	if (detach_only)
		return detach(devs, n, mode) ? 1 : 0;

	/* TODO(4): on SIGINT (Ctrl-C) and SIGTERM, run your handler: sigaction(). */

	/* 2. load: open the object inside the skeleton, create its maps, ask the verifier */
	skel = hello_bpf__open_and_load();
	if (!skel) {
		err = -errno;
		fprintf(stderr, "can't load hello: %s%s\n", strerror(errno),
			errno == EPERM ? ": it takes root, or CAP_BPF and CAP_NET_ADMIN" : "");
		return 1;
	}
	prog_fd = bpf_program__fd(skel->progs.hello);
	err = bpf_obj_get_info_by_fd(prog_fd, &info, &info_len);
	if (err) {
		fprintf(stderr, "can't ask about the program: %s\n", strerror(-err));
		goto cleanup;
	}

	/* 3. attach: all devices or none */
	for (int i = 0; i < n; i++) {
		/* TODO(1): attach the program to devs[i]: bpf_xdp_attach(). */
		err = -ENOSYS;
		if (err) {
			fprintf(stderr, "can't attach to %s: %s\n", devs[i].name, strerror(-err));
			if (err == -EBUSY)
				fprintf(stderr, "take off what is there: hello --dev %s --detach\n",
					devs[i].name);
			goto cleanup;
		}
		devs[i].attached = true;
		printf("attached %s (id %u) to %s (ifindex %d)\n", info.name, info.id, devs[i].name,
		       devs[i].ifindex);
	}
	printf("Ctrl-C to detach\n");
	fflush(stdout);

	/* 4. use: the kernel does the work; we only stay */
	while (!exiting)
		sleep(1);

	/* 5. clean up: our program and no other comes off again */
cleanup:
	for (int i = 0; i < n; i++) {
		if (!devs[i].attached)
			continue;
		/* TODO(4): take our program off devs[i], as --detach does. */
	}
	hello_bpf__destroy(skel);
	return err ? 1 : 0;
}
