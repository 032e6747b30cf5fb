// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Lab 05: the loader of pipeline.bpf.c.
 *
 *   pipeline --dev veth0               load, fill, pin, attach; until Ctrl-C
 *   pipeline --dev veth0 --leave       the same, but end at once and leave it running
 *   pipeline --set ipv6=drop           while it runs: another program into that slot
 *   pipeline --dev veth0 --detach      take off what is attached and pinned
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
#include "pipeline.h"
#include "pipeline.skel.h"

static const char usage[] = "usage: pipeline --dev NAME [--leave | --detach]\n"
			    "       pipeline --set ipv4|ipv6|arp=pass|drop|none ...\n";
static const char *const slots[SLOTS] = { "ipv4", "ipv6", "arp" };
static const char *const pinned[] = { "ipv4", "ipv6", "arp", "drop", "counts", "leaves" };

static volatile sig_atomic_t exiting;

static void on_signal(int sig)
{
	exiting = sig;
}

static const char *pin_path(const char *name)
{
	static char path[64];

	snprintf(path, sizeof(path), PIPELINE_DIR "/%s", name);
	return path;
}

/* --set: change one slot of the pipeline that runs. what: pass, drop or none. 0 or -errno. */
static int set(__u32 slot, const char *what)
{
	const char *name = strcmp(what, "pass") ? what : slots[slot];
	int err;

	/* TODO(6): bpf_obj_get() opens a pin: the array `leaves`, and the program `name`.
	 * bpf_map_update_elem() puts it into the slot; `none`: bpf_map_delete_elem().
	 */
	(void)name;
	err = -ENOSYS;
	return err;
}

/* The arguments of --set, SLOT=WHAT; apply: do it, else look only whether it makes sense. */
static int sets(char *const *args, int n, bool apply)
{
	for (int i = 0; i < n; i++) {
		const char *what = strchr(args[i], '=');
		__u32 slot = 0;
		int err;

		while (what && slot < SLOTS &&
		       (strlen(slots[slot]) != (size_t)(what - args[i]) ||
			strncmp(slots[slot], args[i], what - args[i])))
			slot++;
		if (!what || slot == SLOTS ||
		    (strcmp(what, "=pass") && strcmp(what, "=drop") && strcmp(what, "=none")))
			return -EINVAL;
		err = apply ? set(slot, what + 1) : 0;
		if (err) {
			fprintf(stderr, "can't set %s: %s%s\n", args[i], strerror(-err),
				err == -ENOENT ? ": no pipeline runs, or the slot is empty" : "");
			return err;
		}
	}
	return 0;
}

static void unpin(void)
{
	for (size_t i = 0; i < sizeof(pinned) / sizeof(*pinned); i++)
		unlink(pin_path(pinned[i]));
	rmdir(PIPELINE_DIR);
}

int main(int argc, char **argv)
{
	static const struct option options[] = {
		{ "dev", required_argument, NULL, 'd' },
		{ "set", required_argument, NULL, 's' },
		{ "leave", no_argument, NULL, 'l' },
		{ "detach", no_argument, NULL, 'D' },
		{},
	};
	struct sigaction action = { .sa_handler = on_signal };
	bool leave = false, detach = false, attached = false, ours = false, wrong = false;
	char *set_args[argc];
	const char *dev = NULL;
	struct pipeline_bpf *skel;
	int opt, ifindex, root_fd, n = 0, err;
	__u32 id = 0;

	/* 1. arguments */
	while ((opt = getopt_long(argc, argv, "d:s:lD", options, NULL)) != -1) {
		if (opt == 'd')
			dev = optarg;
		else if (opt == 's')
			set_args[n++] = optarg;
		else if (opt == 'l')
			leave = true;
		else if (opt == 'D')
			detach = true;
		else
			wrong = true;
	}
	if (wrong || optind < argc || !dev == !n || (leave && detach) || (n && (leave || detach)) ||
	    sets(set_args, n, false)) {
		fprintf(stderr, "%s", usage);
		return 1;
	}
	if (n)
		return sets(set_args, n, true) ? 1 : 0;
	ifindex = netdev_index(dev);
	if (!ifindex)
		return 1;
	if (detach) {
		err = bpf_xdp_query_id(ifindex, XDP_FLAGS_DRV_MODE, &id);
		if (!err)
			err = id ? bpf_xdp_detach(ifindex, XDP_FLAGS_DRV_MODE, NULL) : -ENOENT;
		if (err)
			fprintf(stderr, "%s: nothing detached: %s\n", dev, strerror(-err));
		unpin();
		return err ? 1 : 0;
	}
	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);

	/* 2. load; fill the array while no frame comes yet; pin what shall outlive us */
	skel = pipeline_bpf__open_and_load();
	if (!skel) {
		fprintf(stderr, "can't load pipeline: %s%s\n", strerror(errno),
			errno == EPERM ? ": it takes root, or CAP_BPF and CAP_NET_ADMIN" : "");
		return 1;
	}
	root_fd = bpf_program__fd(skel->progs.root);
	for (__u32 slot = 0; slot < SLOTS; slot++) {
		struct bpf_program *leaf = bpf_object__find_program_by_name(skel->obj, slots[slot]);

		/* TODO(4): put the leaf into its slot: a slot takes a program's descriptor. */
		err = leaf ? 0 : -ENOENT;
		if (err) {
			fprintf(stderr, "can't fill slot %s: %s\n", slots[slot], strerror(-err));
			goto cleanup;
		}
	}
	err = bpf_program__pin(skel->progs.ipv4, pin_path("ipv4"));
	ours = !err;
	err = err ? err : bpf_program__pin(skel->progs.ipv6, pin_path("ipv6"));
	err = err ? err : bpf_program__pin(skel->progs.arp, pin_path("arp"));
	err = err ? err : bpf_program__pin(skel->progs.drop, pin_path("drop"));
	err = err ? err : bpf_map__pin(skel->maps.counts, pin_path("counts"));
	/* TODO(5): pin the array, too: bpf_map__pin(), at pin_path("leaves"). */
	if (err) {
		fprintf(stderr, "can't pin in %s: %s\n", PIPELINE_DIR, strerror(-err));
		if (err == -EEXIST)
			fprintf(stderr, "a pipeline is there: pipeline --dev %s --detach\n", dev);
		goto cleanup;
	}

	/* 3. attach root; the leaves are attached nowhere */
	err = bpf_xdp_attach(ifindex, root_fd, XDP_FLAGS_DRV_MODE | XDP_FLAGS_UPDATE_IF_NOEXIST,
			     NULL);
	if (err) {
		fprintf(stderr, "can't attach to %s: %s\n", dev, strerror(-err));
		goto cleanup;
	}
	attached = true;
	printf("attached root to %s%s\n", dev, leave ? ", and gone" : ", Ctrl-C to detach");
	fflush(stdout);

	/* 4. use: the kernel does the work */
	while (!leave && !exiting)
		sleep(1);

	/* 5. clean up, unless it shall stay: then the device and the pins hold it */
cleanup:
	if (attached && !leave) {
		LIBBPF_OPTS(bpf_xdp_attach_opts, old, .old_prog_fd = root_fd);

		if (bpf_xdp_detach(ifindex, XDP_FLAGS_DRV_MODE, &old))
			fprintf(stderr, "%s: our program is no longer there\n", dev);
	}
	if (ours && !(attached && leave))
		unpin();
	pipeline_bpf__destroy(skel);
	return err ? 1 : 0;
}
