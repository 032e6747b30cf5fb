// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Lab 02: the loader. One object holds many programs: choose one by name, load and attach it.
 *
 *   verdicts --list                      the programs in the object, and their sections
 *   verdicts --dev veth0 --prog drop     attach drop to veth0, until Ctrl-C
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
#include "verdicts.skel.h"

static const char usage[] = "usage: verdicts --list\n"
			    "       verdicts --dev NAME --prog NAME [--mode native|generic]\n";

static volatile sig_atomic_t exiting;

static void on_signal(int sig)
{
	exiting = sig;
}

/* One line for each program of an object: its name, which is the function's, and its section. */
static void list(const struct bpf_object *obj, FILE *out)
{
	struct bpf_program *prog;

	bpf_object__for_each_program (prog, obj)
		fprintf(out, "%-15s SEC(\"%s\")\n", bpf_program__name(prog),
			bpf_program__section_name(prog));
}

int main(int argc, char **argv)
{
	static const struct option options[] = {
		{ "dev", required_argument, NULL, 'd' },
		{ "prog", required_argument, NULL, 'p' },
		{ "mode", required_argument, NULL, 'm' },
		{ "list", no_argument, NULL, 'l' },
		{},
	};
	struct sigaction action = { .sa_handler = on_signal };
	struct bpf_prog_info info = {};
	__u32 info_len = sizeof(info), mode = XDP_FLAGS_DRV_MODE;
	const char *dev = NULL, *name = NULL;
	bool list_only = false;
	struct verdicts_bpf *skel;
	struct bpf_program *prog;
	int opt, ifindex = 0, prog_fd, err = 0;

	/* 1. arguments */
	while ((opt = getopt_long(argc, argv, "d:p:m:l", options, NULL)) != -1) {
		if (opt == 'd' && !dev) {
			dev = optarg;
		} else if (opt == 'p' && !name) {
			name = optarg;
		} else if (opt == 'm' && !strcmp(optarg, "native")) {
			mode = XDP_FLAGS_DRV_MODE;
		} else if (opt == 'm' && !strcmp(optarg, "generic")) {
			mode = XDP_FLAGS_SKB_MODE;
		} else if (opt == 'l') {
			list_only = true;
		} else {
			fprintf(stderr, "%s", usage);
			return 1;
		}
	}
	if (optind < argc || (!list_only && (!dev || !name))) {
		fprintf(stderr, "%s", usage);
		return 1;
	}
	if (!list_only) {
		ifindex = netdev_index(dev);
		if (!ifindex)
			return 1;
	}
	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);

	/* 2. load: open the object, choose one program, hand that one to the verifier */
	skel = verdicts_bpf__open();
	if (!skel) {
		fprintf(stderr, "can't open the object: %s\n", strerror(errno));
		return 1;
	}
	if (list_only) {
		list(skel->obj, stdout);
		goto cleanup;
	}
	/* TODO(1): the program that is called `name`, not the first one that comes. */
	prog = bpf_object__next_program(skel->obj, NULL);
	if (!prog) {
		err = -ENOENT;
		fprintf(stderr, "no program is called %s; there are:\n", name);
		list(skel->obj, stderr);
		goto cleanup;
	}
	/* TODO(1): and the kernel gets no other: bpf_program__set_autoload() for each. */
	err = verdicts_bpf__load(skel);
	if (err) {
		fprintf(stderr, "can't load %s: %s%s\n", name, strerror(-err),
			err == -EPERM ? ": it takes root, or CAP_BPF and CAP_NET_ADMIN" : "");
		goto cleanup;
	}
	prog_fd = bpf_program__fd(prog);
	err = bpf_obj_get_info_by_fd(prog_fd, &info, &info_len);
	if (err) {
		fprintf(stderr, "can't ask about the program: %s\n", strerror(-err));
		goto cleanup;
	}

	/* 3. attach */
	err = bpf_xdp_attach(ifindex, prog_fd, mode | XDP_FLAGS_UPDATE_IF_NOEXIST, NULL);
	if (err) {
		fprintf(stderr, "can't attach to %s: %s\n", dev, strerror(-err));
		if (err == -EBUSY)
			fprintf(stderr, "take off what is there: ip link set dev %s xdp off\n",
				dev);
		goto cleanup;
	}
	printf("attached %s (id %u) to %s (ifindex %d)\nCtrl-C to detach\n", info.name, info.id,
	       dev, ifindex);
	fflush(stdout);

	/* 4. use: the kernel does the work; we only stay */
	while (!exiting)
		sleep(1);

	/* 5. clean up: our program and no other comes off again */
	LIBBPF_OPTS(bpf_xdp_attach_opts, ours, .old_prog_fd = prog_fd);
	if (bpf_xdp_detach(ifindex, mode, &ours))
		fprintf(stderr, "%s: our program is no longer there\n", dev);
	else
		printf("detached from %s\n", dev);
cleanup:
	verdicts_bpf__destroy(skel);
	return err ? 1 : 0;
}
