// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Lab 06: the loader. Tells which functions calls.bpf.c has in the kernel, and what it counted.
 *
 *   calls --dev veth0     attach, until Ctrl-C
 */
#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <linux/bpf.h>
#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>

#include "calls.h"
#include "calls.skel.h"
#include "netdev.h"

#define MAX_FUNCS 32

static const char *const kind_names[KINDS] = {
	[KIND_NOT_IPV4] = "not-ipv4", [KIND_SHORT] = "short", [KIND_OTHER] = "other",
	[KIND_ICMP] = "icmp",	      [KIND_UDP] = "udp",     [KIND_DNS] = "dns",
	[KIND_TCP] = "tcp",	      [KIND_WEB] = "web",
};

static volatile sig_atomic_t exiting;

static void on_signal(int sig)
{
	exiting = sig;
}

/* One line for the program and one for each of its functions. 0, or -errno. */
static int print_functions(int prog_fd, const struct btf *btf)
{
	struct bpf_prog_info info = {};
	__u32 info_len = sizeof(info);
	int err;

	/* TODO(2): tell the kernel where to write func_info and jited_func_lens, and how many fit. */
	err = bpf_obj_get_info_by_fd(prog_fd, &info, &info_len);
	if (err)
		return err;

	/* TODO(2): print how many functions there are, and the size of each. */
	printf("%s: one function, or more?\n", info.name);
	return 0;
}

int main(int argc, char **argv)
{
	static const struct option options[] = {
		{ "dev", required_argument, NULL, 'd' },
		{},
	};
	struct sigaction action = { .sa_handler = on_signal };
	const char *dev = NULL;
	struct calls_bpf *skel;
	int opt, ifindex, err;

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
		fprintf(stderr, "usage: calls --dev NAME\n");
		return 1;
	}
	ifindex = netdev_index(dev);
	if (!ifindex)
		return 1;
	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);

	/* 2. load */
	skel = calls_bpf__open_and_load();
	if (!skel) {
		fprintf(stderr, "can't load calls: %s%s\n", strerror(errno),
			errno == EPERM ? ": it takes root, or CAP_BPF and CAP_NET_ADMIN" : "");
		return 1;
	}
	err = print_functions(bpf_program__fd(skel->progs.calls), bpf_object__btf(skel->obj));
	if (err) {
		fprintf(stderr, "can't ask about the program: %s\n", strerror(-err));
		goto cleanup;
	}

	/* 3. attach: the link takes the program off again when it is destroyed, or we die */
	skel->links.calls = bpf_program__attach_xdp(skel->progs.calls, ifindex);
	if (!skel->links.calls) {
		err = -errno;
		fprintf(stderr, "can't attach to %s: %s\n", dev, strerror(errno));
		goto cleanup;
	}
	printf("attached calls to %s, Ctrl-C to detach\n", dev);
	fflush(stdout);

	/* 4. use: what was counted is told at the end */
	while (!exiting)
		sleep(1);
	for (int kind = 0; kind < KINDS; kind++)
		printf("%-8s %6llu\n", kind_names[kind], skel->bss->counts[kind]);

	/* 5. clean up */
cleanup:
	calls_bpf__destroy(skel);
	return err ? 1 : 0;
}
