// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Lab 04: the loader of hello-map.bpf.c. No TODO is here.
 *
 *   hello-map                count until Ctrl-C, then print the table
 *   hello-map --every 2      print it every two seconds, too
 */
#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "hello-map.skel.h"

#define MAX_USERS 10240

static const char usage[] = "usage: hello-map [--every SECONDS]\n";

static volatile sig_atomic_t exiting;

static void on_signal(int sig)
{
	exiting = sig;
}

/* All of the table by one system call, which copies many entries at once (Linux 5.6). */
static int print_table(int map_fd)
{
	static __u64 uids[MAX_USERS], calls[MAX_USERS];
	__u32 position, n = MAX_USERS;
	int err = bpf_map_lookup_batch(map_fd, NULL, &position, uids, calls, &n, NULL);

	if (err && err != -ENOENT) { /* ENOENT: that was all */
		fprintf(stderr, "can't read counter_table: %s\n", strerror(-err));
		return err;
	}
	for (__u32 i = 0; i < n; i++)
		printf("ID %llu: %llu\n", uids[i], calls[i]);
	fflush(stdout);
	return 0;
}

int main(int argc, char **argv)
{
	static const struct option options[] = { { "every", required_argument, NULL, 'e' }, {} };
	struct sigaction action = { .sa_handler = on_signal };
	struct bpf_prog_info info = {};
	__u32 info_len = sizeof(info);
	struct hello_map_bpf *skel;
	struct bpf_map *map;
	int opt, err, every = 0;

	/* 1. arguments */
	while ((opt = getopt_long(argc, argv, "e:", options, NULL)) != -1) {
		if (opt == 'e')
			every = atoi(optarg);
		if (opt != 'e' || every <= 0) {
			fprintf(stderr, "%s", usage);
			return 1;
		}
	}
	if (optind < argc) {
		fprintf(stderr, "%s", usage);
		return 1;
	}
	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);

	/* 2. load */
	skel = hello_map_bpf__open_and_load();
	if (!skel) {
		fprintf(stderr, "can't load hello-map: %s%s\n", strerror(errno),
			errno == EPERM ? ": it takes root, or CAP_BPF and CAP_PERFMON" : "");
		return 1;
	}
	/* by its name, because the skeleton knows it only when TODO(4) is done */
	map = bpf_object__find_map_by_name(skel->obj, "counter_table");
	if (!map || bpf_map__key_size(map) != 8 || bpf_map__value_size(map) != 8) {
		fprintf(stderr,
			"hello-map.bpf.c has no map counter_table of 8-byte keys and values\n");
		err = -ENOENT;
		goto cleanup;
	}
	err = bpf_obj_get_info_by_fd(bpf_program__fd(skel->progs.hello), &info, &info_len);
	if (err) {
		fprintf(stderr, "can't ask about the program: %s\n", strerror(-err));
		goto cleanup;
	}

	/* 3. attach: its section says where, so the skeleton can do it */
	err = hello_map_bpf__attach(skel);
	if (err) {
		fprintf(stderr, "can't attach to sys_enter: %s\n", strerror(-err));
		goto cleanup;
	}
	printf("attached %s (id %u) to sys_enter\n", info.name, info.id);
	printf("Ctrl-C to detach\n");
	fflush(stdout);

	/* 4. use */
	while (!exiting && !err) {
		sleep(every ? every : 1);
		if (every && !exiting)
			err = print_table(bpf_map__fd(map));
	}
	if (!err)
		err = print_table(bpf_map__fd(map));

	/* 5. clean up: with its link, the program is off again */
cleanup:
	hello_map_bpf__destroy(skel);
	return err ? 1 : 0;
}
