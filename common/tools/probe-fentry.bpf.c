// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Would the kernel take a program at the entry of one of its own functions?
 *
 * For `make doctor`, which loads this and never attaches it. That the function is there, and BTF
 * too, doesn't say it: a kernel can have both and refuse with EPERM.
 */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

SEC("fentry/bpf_fentry_test1")
int probe_fentry(void *ctx)
{
	return 0;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
