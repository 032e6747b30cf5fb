// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Lab 04: the loader. Attach counters.bpf.c, and print what is in its maps.
 *
 *   counters --dev veth0               count until Ctrl-C, then print the tables
 *   counters --dev veth0 --entries 9   room for 9 senders
 *   counters --dev veth0 --lru         a new sender pushes an old one out
 *   counters --dev veth0 --json        one line of JSON in place of the tables
 */
#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "netdev.h"
#include "tables.h"
#include "counters.skel.h"

static const char usage[] = "usage: counters --dev NAME [--entries N] [--lru] [--json]\n";

static volatile sig_atomic_t exiting;

static void on_signal(int sig)
{
	exiting = sig;
}

/* Copy the map into at most max rows: how many there are, or -errno. */
static int read_senders(const struct bpf_map *map, struct row *rows, int max)
{
	int n = 0;

	//: solution 6
	const void *last = NULL; /* no key yet: begin with the first one */
	__be32 key;

	while (n < max) {
		int err = bpf_map__get_next_key(map, last, &key, sizeof(key));

		if (err == -ENOENT) /* that was the last one */
			break;
		if (err)
			return err;
		last = &key;
		err = bpf_map__lookup_elem(map, &key, sizeof(key), &rows[n].traffic,
					   sizeof(rows[n].traffic), 0);
		if (err == -ENOENT) /* pushed out meanwhile */
			continue;
		if (err)
			return err;
		rows[n++].saddr.s_addr = key;
	}
	//: starter
	//- /* TODO(6): walk the map: bpf_map__get_next_key(), and bpf_map__lookup_elem() for each key. */
	//: end
	return n;
}

/* What all CPUs have counted together: 0, or -errno. */
static int read_total(const struct bpf_map *map, struct traffic *total)
{
	//: solution 7
	int cpus = libbpf_num_possible_cpus();
	__u32 key = 0;
	int err;

	if (cpus < 0)
		return cpus;

	struct traffic values[cpus];

	err = bpf_map__lookup_elem(map, &key, sizeof(key), values, sizeof(values), 0);
	if (err)
		return err;
	for (int i = 0; i < cpus; i++) {
		total->packets += values[i].packets;
		total->bytes += values[i].bytes;
	}
	//: starter
	//- /* TODO(7): one lookup gives the values of all CPUs: add them up in *total. */
	//: end
	return 0;
}

static int read_tables(const struct counters_bpf *skel, struct tables *t)
{
	int err = 0;

	for (__u32 i = 0; !err && i < PROTOCOLS; i++)
		err = bpf_map__lookup_elem(skel->maps.protocols, &i, sizeof(i), &t->protocols[i],
					   sizeof(t->protocols[i]), 0);
	if (!err)
		err = read_total(skel->maps.totals, &t->total);
	if (err)
		return err;
	t->n = read_senders(skel->maps.senders, t->senders, t->room);
	if (t->n < 0)
		return t->n;
	qsort(t->senders, t->n, sizeof(*t->senders), by_packets);
	t->misses = skel->bss->misses;
	return 0;
}

int main(int argc, char **argv)
{
	static const struct option options[] = {
		{ "dev", required_argument, NULL, 'd' },
		{ "entries", required_argument, NULL, 'n' },
		{ "lru", no_argument, NULL, 'l' },
		{ "json", no_argument, NULL, 'j' },
		{},
	};
	struct sigaction action = { .sa_handler = on_signal };
	struct tables tables = { .room = SENDERS };
	struct bpf_prog_info info = {};
	__u32 info_len = sizeof(info);
	bool lru = false, json = false;
	struct counters_bpf *skel;
	const char *dev = NULL;
	int opt, ifindex, err;

	/* 1. arguments */
	while ((opt = getopt_long(argc, argv, "d:n:lj", options, NULL)) != -1) {
		if (opt == 'd' && !dev) {
			dev = optarg;
		} else if (opt == 'n' && atoi(optarg) > 0) {
			tables.room = atoi(optarg);
		} else if (opt == 'l') {
			lru = true;
		} else if (opt == 'j') {
			json = true;
		} else {
			fprintf(stderr, "%s", usage);
			return 1;
		}
	}
	if (!dev || optind < argc) {
		fprintf(stderr, "%s", usage);
		return 1;
	}
	ifindex = netdev_index(dev);
	if (!ifindex)
		return 1;
	tables.senders = calloc(tables.room, sizeof(*tables.senders));
	if (!tables.senders) {
		fprintf(stderr, "no memory for %d senders\n", tables.room);
		return 1;
	}
	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);

	/* 2. load, in two steps: between them, a map can still become another one */
	skel = counters_bpf__open();
	if (!skel) {
		err = -errno;
		fprintf(stderr, "can't open counters: %s\n", strerror(errno));
		goto cleanup;
	}
	err = bpf_map__set_max_entries(skel->maps.senders, tables.room);
	//: solution 8
	if (!err && lru)
		err = bpf_map__set_type(skel->maps.senders, BPF_MAP_TYPE_LRU_HASH);
	//: starter
	//- /* TODO(8): senders becomes a map of another type: bpf_map__set_type(). */
	//- if (!err && lru)
	//-	err = -ENOSYS;
	//: end
	if (!err)
		err = counters_bpf__load(skel);
	if (err) {
		fprintf(stderr, "can't load counters: %s%s\n", strerror(-err),
			err == -EPERM ? ": it takes root, or CAP_BPF and CAP_NET_ADMIN" : "");
		goto cleanup;
	}
	err = bpf_obj_get_info_by_fd(bpf_program__fd(skel->progs.counters), &info, &info_len);
	if (err) {
		fprintf(stderr, "can't ask about the program: %s\n", strerror(-err));
		goto cleanup;
	}

	/* 3. attach: the program stays on the device as long as this link exists */
	skel->links.counters = bpf_program__attach_xdp(skel->progs.counters, ifindex);
	if (!skel->links.counters) {
		err = -errno;
		fprintf(stderr, "can't attach to %s: %s\n", dev, strerror(errno));
		goto cleanup;
	}
	printf("attached %s (id %u) to %s (ifindex %d), room for %d senders\n", info.name, info.id,
	       dev, ifindex, tables.room);
	printf("Ctrl-C to detach\n");
	fflush(stdout);

	/* 4. use: the kernel counts; at the end we read */
	while (!exiting)
		sleep(1);
	err = read_tables(skel, &tables);
	if (err)
		fprintf(stderr, "can't read the maps: %s\n", strerror(-err));
	else if (json)
		print_json(&tables);
	else
		print_text(&tables);

	/* 5. clean up: the link goes, the program is off, the maps are gone */
cleanup:
	counters_bpf__destroy(skel);
	free(tables.senders);
	return err ? 1 : 0;
}
