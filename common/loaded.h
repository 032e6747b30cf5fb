/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Programs that are loaded already: what a tool's --id, --pinned and --name lead to. */
#ifndef LOADED_H
#define LOADED_H

#include <stddef.h>

#include <linux/types.h>

/* What these return instead of a descriptor; `why` then says it in words, with the program's. */
enum {
	LOADED_NOT_THERE = -1, /* no such program: the input was wrong */
	LOADED_NO_RIGHTS = -2, /* it may be there, but not for this process */
};

/* A descriptor of the program with that id. Takes CAP_SYS_ADMIN. */
int loaded_by_id(__u32 id, char *why, size_t size);

/* A descriptor of the program that is pinned there. Takes the rights of a file. */
int loaded_by_pin(const char *path, char *why, size_t size);

/* A descriptor of the one program of that name, cut to 15 characters as the kernel keeps it.
 * When several are called so, `why` tells their ids. Takes CAP_SYS_ADMIN.
 */
int loaded_by_name(const char *name, char *why, size_t size);

#endif
