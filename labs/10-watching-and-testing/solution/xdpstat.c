// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Lab 10: the loader of the watchers. At the end it tells what became of the frames.
 *
 *   xdpstat --dev veth0                        watch, until Ctrl-C; then the account of veth0
 *   xdpstat --dev veth0 --pinned /sys/fs/bpf/fates     and the runs of that program
 */
#include <errno.h>
#include <getopt.h>
#include <net/if.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <linux/bpf.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "netdev.h"
#include "watch.h"
#include "watch.skel.h"

static const char *const actions[] = { "ABORTED", "DROP", "PASS", "TX", "REDIRECT" };

/* What the driver counts of a device, and since when: frames */
enum { TAKEN, DROPS, TX, REDIRECTED, COUNTERS };
static const char *const counters[] = { "xdp_packets", "xdp_drops", "xdp_tx", "xdp_redirect" };

static volatile sig_atomic_t exiting;

static void on_signal(int sig)
{
	exiting = sig;
}

/* 0, or -1 where a counter is missing */
static int read_counters(const char *dev, long long values[COUNTERS])
{
	for (int i = 0; i < COUNTERS; i++) {
		values[i] = netdev_xdp_counter(dev, counters[i]);
		if (values[i] < 0) {
			fprintf(stderr, "%s: no counter %s: %s\n", dev, counters[i],
				strerror(-values[i]));
			return -1;
		}
	}
	return 0;
}

/* One line for each fate in the map. Of those that came in by ifindex, adds up in *all the frames
 * that were lost, and in *given_up those among them for which there was no verdict.
 */
static void print_lost(int map_fd, unsigned int ifindex, long long *all, long long *given_up)
{
	struct fate fate, *last = NULL;
	char name[IF_NAMESIZE], number[16];
	__u64 n;

	for (; !bpf_map_get_next_key(map_fd, last, &fate); last = &fate) {
		if (bpf_map_lookup_elem(map_fd, &fate, &n))
			continue;
		snprintf(number, sizeof(number), "%u", fate.action);
		printf("%-8s %-8s %8llu\n", if_indextoname(fate.ifindex, name) ? name : "(gone)",
		       fate.action <= XDP_REDIRECT ? actions[fate.action] : number, n);
		if (fate.ifindex != ifindex)
			continue;
		*all += n;
		if (fate.action == XDP_ABORTED || fate.action > XDP_REDIRECT)
			*given_up += n;
	}
}

/* Where the frames are that the program has taken since `before`: each of them in one place. */
static void print_account(const char *dev, const long long before[COUNTERS],
			  const long long after[COUNTERS], long long lost, long long given_up)
{
	long long taken = after[TAKEN] - before[TAKEN];
	long long passed = 0, dropped = 0, sent = 0, redirected = 0;

	//: solution 4
	dropped = after[DROPS] - before[DROPS] - given_up; /* the driver counts both as drops */
	sent = after[TX] - before[TX];
	redirected = after[REDIRECTED] - before[REDIRECTED];
	passed = taken - dropped - sent - redirected - lost;
	//: starter
	//- /* TODO(4): what was dropped, sent back, redirected, and passed? */
	//- (void)given_up;
	//: end
	printf("%s: %lld taken = %lld passed + %lld dropped + %lld sent back + %lld redirected + "
	       "%lld lost\n",
	       dev, taken, passed, dropped, sent, redirected, lost);
}

/* Runs since `before`, and nanoseconds for each. 0, or -errno. */
static int print_runs(int prog_fd, const struct bpf_prog_info *before)
{
	struct bpf_prog_info now = {};
	__u32 len = sizeof(now);
	__u64 runs = 0, ns = 0;
	int err = bpf_obj_get_info_by_fd(prog_fd, &now, &len);

	if (err)
		return err;
	//: solution 5
	runs = now.run_cnt - before->run_cnt;
	if (runs)
		ns = (now.run_time_ns - before->run_time_ns) / runs;
	//: starter
	//- /* TODO(5): how often did it run since, and how long did each run take? */
	//- (void)before;
	//: end
	printf("%s: %llu runs, %llu ns each\n", now.name, runs, ns);
	return 0;
}

int main(int argc, char **argv)
{
	static const struct option options[] = {
		{ "dev", required_argument, NULL, 'd' },
		{ "pinned", required_argument, NULL, 'p' },
		{},
	};
	struct sigaction action = { .sa_handler = on_signal };
	const char *dev = NULL, *pinned = NULL;
	long long before[COUNTERS], after[COUNTERS], lost = 0, given_up = 0;
	struct bpf_prog_info info = {};
	__u32 info_len = sizeof(info);
	int opt, ifindex, prog_fd = -1, stats_fd = -1, err = -1;
	struct watch_bpf *skel = NULL;
	struct stat ns;

	/* 1. arguments */
	while ((opt = getopt_long(argc, argv, "d:p:", options, NULL)) != -1) {
		if (opt == 'd' && !dev) {
			dev = optarg;
		} else if (opt == 'p' && !pinned) {
			pinned = optarg;
		} else {
			dev = NULL;
			break;
		}
	}
	if (!dev || optind < argc) {
		fprintf(stderr, "usage: xdpstat --dev NAME [--pinned PATH]\n");
		return 1;
	}
	ifindex = netdev_index(dev);
	if (!ifindex || read_counters(dev, before))
		return 1;
	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
	if (pinned) {
		/* runs are counted while somebody holds such a descriptor: it costs time */
		stats_fd = bpf_enable_stats(BPF_STATS_RUN_TIME);
		if (stats_fd < 0)
			fprintf(stderr, "run counts stay as they are: %s: it takes root\n",
				strerror(errno));
		prog_fd = bpf_obj_get(pinned);
		if (prog_fd < 0 || bpf_obj_get_info_by_fd(prog_fd, &info, &info_len)) {
			fprintf(stderr, "%s: no program: %s\n", pinned, strerror(errno));
			goto cleanup;
		}
		if (info_len <= offsetof(struct bpf_prog_info, run_cnt)) {
			fprintf(stderr, "%s: no program: the kernel counts no runs of it\n",
				pinned);
			goto cleanup;
		}
	}

	/* 2. load: constants are set before */
	skel = watch_bpf__open();
	if (!skel) {
		fprintf(stderr, "can't open watch: %s\n", strerror(errno));
		goto cleanup;
	}
	if (stat("/proc/self/ns/net", &ns)) {
		fprintf(stderr, "/proc/self/ns/net: %s\n", strerror(errno));
		goto cleanup;
	}
	//: solution 3
	skel->rodata->netns = ns.st_ino;
	//: starter
	//- /* TODO(3): tell the watchers which network namespace: its inode is in ns. */
	//: end
	err = watch_bpf__load(skel);
	if (err) {
		fprintf(stderr, "can't load watch: %s%s\n", strerror(-err),
			err == -EPERM ? ": it takes root, or CAP_BPF and CAP_PERFMON" : "");
		goto cleanup;
	}

	/* 3. attach: each program to the tracepoint in its section's name, by a link that ends with us */
	err = watch_bpf__attach(skel);
	if (err) {
		fprintf(stderr, "can't attach the watchers: %s\n", strerror(-err));
		goto cleanup;
	}
	printf("watching, Ctrl-C to detach\n");
	fflush(stdout);

	/* 4. use: the kernel counts, and we tell it at the end */
	while (!exiting)
		sleep(1);
	err = read_counters(dev, after);
	if (err)
		goto cleanup;
	print_lost(bpf_map__fd(skel->maps.lost), ifindex, &lost, &given_up);
	print_account(dev, before, after, lost, given_up);
	if (pinned)
		err = print_runs(prog_fd, &info);

	/* 5. clean up */
cleanup:
	watch_bpf__destroy(skel);
	if (prog_fd >= 0)
		close(prog_fd);
	if (stats_fd >= 0)
		close(stats_fd);
	return err ? 1 : 0;
}
