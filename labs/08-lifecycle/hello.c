// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Lab 08: the loader. It attaches one program in three ways, which differ in who holds it.
 *
 *   hello --dev veth0               by netlink: the device holds it, until Ctrl-C
 *   hello --dev veth0 --link        by a link: this process holds it, until Ctrl-C
 *   hello --dev veth0 --pin PATH    by a link with a pin: the pin holds it; ends at once
 *   hello --replace PATH            hello2 into the link that is pinned there; ends at once
 *   hello --dev veth0 --status      what is attached
 *   hello --dev veth0 --detach      take off what is attached by netlink
 *
 * While it runs, SIGUSR1 puts the other version in: hello2 for hello, hello for hello2.
 */
#include <errno.h>
#include <getopt.h>
#include <libgen.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <linux/if_link.h>
#include <linux/magic.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "netdev.h"
#include "hello.skel.h"

static const char usage[] =
	"usage: hello --dev NAME [--mode native|generic] [--link | --pin PATH | --status | --detach]\n"
	"       hello --replace PATH\n";

/* What the kernel means by an error when we load or attach, and what helps */
static const struct {
	int err;
	const char *means;
} reasons[] = {
	{ -EPERM, "it takes root, or CAP_BPF and CAP_NET_ADMIN" },
	/* TODO(7): which number does the kernel give when ...? In place of each 0. */
	{ 0, "taken: another program or link is there; `ip link show` tells its id" },
	{ 0, "other mode: a program is there in the other mode; take that one off first" },
	{ 0, "too large: the MTU, here or at the cable's other end; make it smaller" },
	{ 0, "driver: it has no native XDP, or not with LRO or GRO_HW; --mode generic" },
};

/* "can't attach to veth0: Device or resource busy" */
static void complain(const char *what, const char *name, int err)
{
	fprintf(stderr, "can't %s %s: %s\n", what, name, strerror(-err));
}

/* A line that tells what an error means that came when we loaded or attached */
static void advise(int err)
{
	for (size_t i = 0; i < sizeof(reasons) / sizeof(*reasons); i++)
		if (reasons[i].err == err)
			fprintf(stderr, "%s\n", reasons[i].means);
}

/* Is the folder of path in a bpffs, where pins can be? A line on stderr says if not. */
static bool in_bpffs(const char *path)
{
	char copy[256];
	struct statfs fs;

	snprintf(copy, sizeof(copy), "%s", path);
	if (statfs(dirname(copy), &fs)) {
		complain("pin at", path, -errno);
		return false;
	}
	if (fs.f_type == BPF_FS_MAGIC)
		return true;
	fprintf(stderr, "can't pin at %s: that folder is in no bpffs, the file system of pins\n",
		path);
	fprintf(stderr, "(`ip netns exec` hides it; nsenter --net=/run/netns/NAME doesn't)\n");
	return false;
}

/* --status: the program on the device, as netlink tells it. 0 or -errno. */
static int status(int ifindex, const char *dev)
{
	LIBBPF_OPTS(bpf_xdp_query_opts, q);
	int err = bpf_xdp_query(ifindex, 0, &q);

	if (err) {
		complain("ask about", dev, err);
		return err;
	}
	if (q.drv_prog_id)
		printf("%s: program %u, native\n", dev, q.drv_prog_id);
	if (q.skb_prog_id)
		printf("%s: program %u, generic\n", dev, q.skb_prog_id);
	if (q.hw_prog_id)
		printf("%s: program %u, on the card itself\n", dev, q.hw_prog_id);
	if (!q.drv_prog_id && !q.skb_prog_id && !q.hw_prog_id)
		printf("%s: no program\n", dev);
	return 0;
}

/* Put a program on a device by a link. mode: XDP_FLAGS_DRV_MODE or XDP_FLAGS_SKB_MODE. The link's
 * descriptor, or -errno. When the last reference to a link is closed, the program comes off.
 * Linux 5.9.
 */
static int attach_by_link(int ifindex, int prog_fd, __u32 mode)
{
	/* TODO(2): bpf_link_create(), with the mode in the flags of its options. */
	return -ENOSYS;
}

/* Put new in old's place on the device, so that each frame meets one of them. link_fd: the link that
 * holds old, or -1: netlink attached it. 0 or -errno; then nothing has changed.
 */
static int swap(int ifindex, int link_fd, int old_fd, int new_fd, __u32 mode)
{
	/* TODO(5): a link: bpf_link_update(). No link: bpf_xdp_attach(), in place of old_fd and
	 * of no other program.
	 */
	return -ENOSYS;
}

/* --replace: put a program into the link that is pinned at path, whoever made it. 0 or -errno. */
static int replace(const char *path, int prog_fd)
{
	/* TODO(6): bpf_obj_get() gives a descriptor of what is pinned; close() it again. */
	return -ENOSYS;
}

int main(int argc, char **argv)
{
	static const struct option options[] = {
		{ "dev", required_argument, NULL, 'd' },
		{ "mode", required_argument, NULL, 'm' },
		{ "link", no_argument, NULL, 'l' },
		{ "pin", required_argument, NULL, 'p' },
		{ "replace", required_argument, NULL, 'r' },
		{ "status", no_argument, NULL, 's' },
		{ "detach", no_argument, NULL, 'D' },
		{},
	};
	int opt, ifindex, sig, link_fd = -1, modes = 0, verbs = 0, wrong = 0, now = 0, err = 0;
	const char *dev = NULL, *pin = NULL, *old_pin = NULL;
	bool by_link = false, show = false, detach = false;
	__u32 id = 0, mode = XDP_FLAGS_DRV_MODE;
	struct hello_bpf *skel;
	sigset_t signals;

	/* 1. arguments */
	while ((opt = getopt_long(argc, argv, "d:m:lp:r:sD", options, NULL)) != -1) {
		if (opt == 'd')
			dev = optarg;
		else if (opt == 'm' && !strcmp(optarg, "native"))
			modes++;
		else if (opt == 'm' && !strcmp(optarg, "generic"))
			mode = XDP_FLAGS_SKB_MODE, modes++;
		else if (opt == 'l')
			by_link = true, verbs++;
		else if (opt == 'p')
			pin = optarg, by_link = true, verbs++;
		else if (opt == 'r')
			old_pin = optarg, verbs++;
		else if (opt == 's')
			show = true, verbs++;
		else if (opt == 'D')
			detach = true, verbs++;
		else
			wrong = 1;
	}
	if (wrong || optind < argc || verbs > 1 || !dev == !old_pin || (old_pin && modes)) {
		fprintf(stderr, "%s", usage);
		return 1;
	}
	ifindex = dev ? netdev_index(dev) : 0;
	if ((dev && !ifindex) || (pin && !in_bpffs(pin)))
		return 1;
	if (show)
		return status(ifindex, dev) ? 1 : 0;
	if (detach) {
		err = bpf_xdp_query_id(ifindex, mode, &id);
		if (!err)
			err = id ? bpf_xdp_detach(ifindex, mode, NULL) : -ENOENT;
		if (err)
			complain("detach from", dev, err);
		return err ? 1 : 0;
	}
	/* from here on these signals wait until sigwait() asks for them: none is lost, none kills */
	sigemptyset(&signals);
	sigaddset(&signals, SIGINT);
	sigaddset(&signals, SIGTERM);
	sigaddset(&signals, SIGUSR1);
	sigprocmask(SIG_BLOCK, &signals, NULL);

	/* 2. load */
	skel = hello_bpf__open_and_load();
	if (!skel) {
		err = -errno;
		complain("load", "hello", err);
		advise(err);
		return 1;
	}
	struct bpf_program *versions[] = { skel->progs.hello, skel->progs.hello2 };
	int fds[] = { bpf_program__fd(versions[0]), bpf_program__fd(versions[1]) };

	/* 3. attach, or replace */
	if (old_pin) {
		err = replace(old_pin, fds[1]);
		if (err)
			complain(err == -EINVAL ? "replace, for it is no link of XDP's,"
						: "replace what is pinned at",
				 old_pin, err);
		else
			printf("hello2 is in the link at %s\n", old_pin);
		goto cleanup;
	}
	if (by_link)
		err = link_fd = attach_by_link(ifindex, fds[0], mode);
	else
		err = bpf_xdp_attach(ifindex, fds[0], mode | XDP_FLAGS_UPDATE_IF_NOEXIST, NULL);
	if (err < 0) {
		complain("attach to", dev, err);
		advise(err);
		goto cleanup;
	}
	err = 0;
	if (pin) {
		/* TODO(3): give the link a name in the file system, which holds it: bpf_obj_pin(). */
		err = -ENOSYS;
		if (err)
			complain("pin the link at", pin, err);
		else
			printf("attached hello to %s by the link at %s\n", dev, pin);
		goto cleanup;
	}
	if (by_link)
		printf("attached hello to %s by a link (descriptor %d), Ctrl-C to detach\n", dev,
		       link_fd);
	else
		printf("attached hello to %s by netlink, Ctrl-C to detach\n", dev);
	fflush(stdout);

	/* 4. use: swap as often as we are told to */
	while (!sigwait(&signals, &sig) && sig == SIGUSR1) {
		err = swap(ifindex, link_fd, fds[now], fds[!now], mode);
		if (err)
			complain("put the other version on", dev, err);
		else
			now = !now;
		printf("%s is on %s\n", bpf_program__name(versions[now]), dev);
		fflush(stdout);
	}
	err = 0;

	/* 5. clean up: with netlink, our program comes off and no other; a link is simply closed */
	if (!by_link) {
		LIBBPF_OPTS(bpf_xdp_attach_opts, ours, .old_prog_fd = fds[now]);

		if (bpf_xdp_detach(ifindex, mode, &ours))
			fprintf(stderr, "%s: our program is no longer there\n", dev);
	}
	printf("hello saw %llu frames, hello2 %llu\n", skel->bss->hello_seen,
	       skel->bss->hello2_seen);
cleanup:
	if (link_fd >= 0)
		close(link_fd);
	hello_bpf__destroy(skel);
	return err ? 1 : 0;
}
