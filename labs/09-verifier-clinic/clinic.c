// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Lab 09: the loader. Asks the verifier for its log, and shows how it ends.
 *
 *   clinic OBJECT                     load, show, forget
 *   clinic --lines 30 OBJECT          more of the log; --level 2: all registers at each instruction
 *   clinic --dev veth0 OBJECT         if it loads, attach its first program, until Ctrl-C
 */
#include <arpa/inet.h>
#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <linux/bpf.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "clinic.h"
#include "netdev.h"

#define MAX_PROGS 4	     /* in one object: no case has more than two */
#define LOG_SIZE  (16 << 20) /* bytes; memory is only taken by what the kernel writes */

static char logs[MAX_PROGS + 1][LOG_SIZE];
static volatile sig_atomic_t exiting;

static void on_signal(int sig)
{
	exiting = sig;
}

/* The last lines of a log, and before them the last line of C that it mentions. */
static void show_end(const char *log, int lines)
{
	const char *at = log + strlen(log), *source = NULL;
	size_t length;

	while (at > log && (at[-1] != '\n' || !*at || --lines > 0))
		at--;
	for (const char *line = log; *line; line += length + (line[length] == '\n')) {
		length = strcspn(line, "\n");
		if (!strncmp(line, "; ", 2))
			source = line + 2;
	}
	if (source)
		printf("source  %.*s\n", (int)strcspn(source, "\n"), source);
	for (const char *line = at; *line; line += length + (line[length] == '\n')) {
		length = strcspn(line, "\n");
		printf("%-8s%.*s\n", line == at ? "log" : "", (int)length, line);
	}
}

/* Every program that the kernel looked at. With the first that it refuses, it stops. */
static void show_all(const struct bpf_object *obj, bool loaded, int lines)
{
	struct bpf_program *prog;
	int n = 0;

	bpf_object__for_each_program (prog, obj) {
		bool refused = !loaded && !logs[n + 1][0];

		if (!logs[n][0])
			break;
		printf("%s: %s\n", bpf_program__name(prog), refused ? "refused" : "accepted");
		show_end(logs[n++], refused ? lines : 1);
	}
}

/* A record of case 09. */
static int on_question(void *ctx, void *record, size_t size)
{
	const struct question *question = record;
	char sender[INET_ADDRSTRLEN], target[INET_ADDRSTRLEN];

	inet_ntop(AF_INET, &question->sender, sender, sizeof(sender));
	inet_ntop(AF_INET, &question->target, target, sizeof(target));
	printf("%s asks for %s\n", sender, target);
	fflush(stdout);
	return 0;
}

int main(int argc, char **argv)
{
	static const struct option options[] = {
		{ "level", required_argument, NULL, 'l' },
		{ "lines", required_argument, NULL, 'n' },
		{ "dev", required_argument, NULL, 'd' },
		{},
	};
	struct sigaction action = { .sa_handler = on_signal };
	int opt, level = 1, lines = 5, ifindex, n = 0, err;
	struct ring_buffer *ring = NULL;
	struct bpf_link *link = NULL;
	struct bpf_program *prog;
	const char *dev = NULL;
	struct bpf_object *obj;
	struct bpf_map *map;

	/* 1. arguments */
	while ((opt = getopt_long(argc, argv, "l:n:d:", options, NULL)) != -1) {
		if (opt == 'l')
			level = atoi(optarg);
		else if (opt == 'n')
			lines = atoi(optarg);
		else if (opt == 'd')
			dev = optarg;
		else
			lines = 0;
	}
	if (optind != argc - 1 || level < 1 || level > 2 || lines < 1) {
		fprintf(stderr, "usage: clinic [--level 1|2] [--lines N] [--dev NAME] OBJECT\n");
		return 1;
	}
	ifindex = dev ? netdev_index(dev) : 0;
	if (dev && !ifindex)
		return 1;
	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);

	/* 2. load: say for each program how talkative the verifier shall be, and where it writes */
	obj = bpf_object__open_file(argv[optind], NULL);
	if (!obj) {
		fprintf(stderr, "can't open %s: %s\n", argv[optind], strerror(errno));
		return 1;
	}
	bpf_object__for_each_program (prog, obj) {
		if (n == MAX_PROGS)
			break;
		bpf_program__set_log_level(prog, level);
		bpf_program__set_log_buf(prog, logs[n++], LOG_SIZE);
	}
	libbpf_set_print(NULL); /* it would say "Permission denied", which is not what is wrong */
	err = bpf_object__load(obj);
	show_all(obj, !err, lines);
	if (err && !logs[0][0])
		fprintf(stderr, "can't load %s: %s%s\n", argv[optind], strerror(-err),
			err == -EPERM ? ": it takes root, or CAP_BPF and CAP_NET_ADMIN" : "");
	if (err || !dev)
		goto cleanup;

	/* 3. attach: the link takes the program off again when it is destroyed, or we die */
	prog = bpf_object__next_program(obj, NULL);
	link = bpf_program__attach_xdp(prog, ifindex);
	if (!link) {
		err = -errno;
		fprintf(stderr, "can't attach to %s: %s\n", dev, strerror(errno));
		goto cleanup;
	}

	/* 4. use: case 09 has records to read; the others need nobody */
	map = bpf_object__find_map_by_name(obj, "questions");
	if (map)
		ring = ring_buffer__new(bpf_map__fd(map), on_question, NULL, NULL);
	printf("attached %s to %s, Ctrl-C to detach\n", bpf_program__name(prog), dev);
	fflush(stdout);
	while (!exiting) {
		if (ring)
			ring_buffer__poll(ring, 1000 /* ms */);
		else
			sleep(1);
	}

	/* 5. clean up */
cleanup:
	ring_buffer__free(ring);
	bpf_link__destroy(link);
	bpf_object__close(obj);
	return err ? 1 : 0;
}
