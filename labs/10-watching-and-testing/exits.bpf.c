// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Lab 10: runs each time another program returns, and counts what it returned. That program is named
 * when this one is loaded; it doesn't notice, and need not be changed.
 */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

#define VERDICTS 6 /* the five of XDP, and one place for all other numbers */

__u64 verdicts[VERDICTS];

SEC("fexit")
int BPF_PROG(on_exit, void *xdp, unsigned int verdict)
{
	if (verdict >= VERDICTS)
		verdict = VERDICTS - 1;
	__sync_fetch_and_add(&verdicts[verdict], 1);
	return 0;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
