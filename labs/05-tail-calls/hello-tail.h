/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What hello-tail and its loader agree on. */
#ifndef HELLO_TAIL_H
#define HELLO_TAIL_H

#define SYSCALLS  500 /* slots: more than there are system calls (about 470 on Linux 6.18) */
#define EVERYBODY 0xffffffffU /* a uid that nobody has */

#endif
