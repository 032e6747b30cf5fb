/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Hashes, by the commands that every machine has. */
#ifndef DIGEST_H
#define DIGEST_H

#include <stddef.h>

/* The hash of size bytes, as hexadecimal digits with a zero byte behind them, as many as fit into hex.
 * command: one that reads standard input, as sha1sum and sha256sum do. 0, or -errno (-ENOENT: there
 * is no such command).
 */
int digest(const char *command, const void *bytes, size_t size, char *hex, size_t hex_size);

#endif
