// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* withstats COMMAND [ARGUMENT ...]: run a command with the kernel's BPF run statistics on.
 *
 * While it runs, `bpftool prog show` has run_time_ns and run_cnt for every program that was
 * called. Counting costs some ten nanoseconds a call, so it is off by default. The descriptor of
 * BPF_ENABLE_STATS (Linux 5.8) switches it on for as long as somebody holds it; the sysctl
 * kernel.bpf_stats_enabled would stay on after us.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <bpf/bpf.h>

int main(int argc, char **argv)
{
	int fd;

	if (argc < 2) {
		fprintf(stderr, "usage: withstats COMMAND [ARGUMENT ...]\n");
		return 1;
	}
	fd = bpf_enable_stats(BPF_STATS_RUN_TIME);
	if (fd < 0 || fcntl(fd, F_SETFD, 0)) {
		fprintf(stderr, "withstats: can't switch BPF run statistics on: %s%s\n",
			strerror(errno), errno == EPERM ? ": it takes root" : "");
		return 3;
	}
	execvp(argv[1], argv + 1);
	fprintf(stderr, "withstats: can't run %s: %s\n", argv[1], strerror(errno));
	return errno == ENOENT ? 127 : 126;
}
