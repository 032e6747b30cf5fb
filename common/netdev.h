/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Network devices by name: what every loader asks before it attaches. */
#ifndef NETDEV_H
#define NETDEV_H

/* The interface index of the device called name, in the network namespace of this process.
 * 0: there is none, and a line on stderr has said so. A device that is down has an index too,
 * and a program can be attached to it, but no packet arrives: a line on stderr warns.
 */
unsigned int netdev_index(const char *name);

#endif
