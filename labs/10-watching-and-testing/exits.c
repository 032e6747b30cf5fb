// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Lab 10: counts the verdicts of a program that is loaded already.
 *
 *   exits --pinned /sys/fs/bpf/fates      until Ctrl-C
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "exits.skel.h"

static const char *const names[] = { "ABORTED", "DROP", "PASS", "TX", "REDIRECT", "others" };

static volatile sig_atomic_t exiting;

static void on_signal(int sig)
{
	exiting = sig;
}

int main(int argc, char **argv)
{
	struct sigaction action = { .sa_handler = on_signal };
	struct exits_bpf *skel = NULL;
	struct bpf_prog_info info = {};
	__u32 len = sizeof(info);
	int prog_fd, err = -1;

	/* 1. arguments */
	if (argc != 3 || strcmp(argv[1], "--pinned")) {
		fprintf(stderr, "usage: exits --pinned PATH\n");
		return 1;
	}
	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
	prog_fd = bpf_obj_get(argv[2]);
	if (prog_fd < 0 || bpf_obj_get_info_by_fd(prog_fd, &info, &len)) {
		fprintf(stderr, "%s: no program: %s\n", argv[2], strerror(errno));
		goto cleanup;
	}

	/* 2. load, for the function of that name in that program */
	skel = exits_bpf__open();
	if (!skel) {
		fprintf(stderr, "can't open exits: %s\n", strerror(errno));
		goto cleanup;
	}
	err = bpf_program__set_attach_target(skel->progs.on_exit, prog_fd, info.name);
	err = err ? err : exits_bpf__load(skel);
	if (err) {
		fprintf(stderr, "can't load exits for %s: %s%s\n", info.name, strerror(-err),
			err == -EPERM ? ": it takes root, and a kernel that allows fexit" : "");
		goto cleanup;
	}

	/* 3. attach */
	err = exits_bpf__attach(skel);
	if (err) {
		fprintf(stderr, "can't attach to %s: %s\n", info.name, strerror(-err));
		goto cleanup;
	}
	printf("counting the verdicts of %s, Ctrl-C to detach\n", info.name);
	fflush(stdout);

	/* 4. use */
	while (!exiting)
		sleep(1);
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		printf("%-8s %8llu\n", names[i], skel->bss->verdicts[i]);

	/* 5. clean up */
cleanup:
	exits_bpf__destroy(skel);
	if (prog_fd >= 0)
		close(prog_fd);
	return err ? 1 : 0;
}
