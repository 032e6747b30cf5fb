// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Lab 10: three programs that run when the kernel says, at a tracepoint, that XDP lost a frame.
 *
 *   xdp_exception      ABORTED, or a number that is no verdict   ┐
 *   xdp_redirect_err   REDIRECT, and there was no way to go      ├─> lost[device, action] += n
 *   xdp_bulk_tx        TX, and some of these frames were lost    ┘
 */
#include <stdbool.h>

#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

#include "watch.h"

/* Of the kernel's structures, only what we read. When the program is loaded, libbpf looks up in the
 * kernel's BTF where these fields are in truth.
 */
#define KERNEL_STRUCT __attribute__((preserve_access_index))

struct ns_common {
	unsigned int inum;
} KERNEL_STRUCT;

struct net {
	struct ns_common ns;
} KERNEL_STRUCT;

typedef struct {
	struct net *net;
} KERNEL_STRUCT possible_net_t;

struct net_device {
	int ifindex;
	possible_net_t nd_net;
} KERNEL_STRUCT;

struct bpf_prog;

const volatile __u32 netns; /* the network namespace to watch: its inode in /proc/PID/ns/net */

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1024);
	__type(key, struct fate);
	__type(value, __u64);
} lost SEC(".maps");

/* n frames of this device met that fate. */
static __always_inline void count(const struct net_device *dev, __u32 action, __u64 n)
{
	/* TODO(3): the whole machine calls us. Is this device in the namespace that we watch? */
	/* TODO(1): add n to the frames of this fate. Another CPU may do the same, now. */
}

SEC("tp_btf/xdp_exception")
int BPF_PROG(on_exception, const struct net_device *dev, const struct bpf_prog *xdp, __u32 action)
{
	count(dev, action, 1);
	return 0;
}

/* TODO(2): a program at xdp_redirect_err, and one at xdp_bulk_tx. */

char LICENSE[] SEC("license") = "Dual BSD/GPL";
