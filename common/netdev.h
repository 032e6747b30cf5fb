/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Network devices by name: what every loader asks before it attaches. */
#ifndef NETDEV_H
#define NETDEV_H

/* The interface index of the device called name, in the network namespace of this process.
 * 0: there is none, and a line on stderr has said so. A device that is down has an index too,
 * and a program can be attached to it, but no packet arrives: a line on stderr warns.
 */
unsigned int netdev_index(const char *name);

/* What the driver counts of a device's XDP, added up over its queues: NAME for what `ethtool -S`
 * calls rx_queue_N_NAME, such as xdp_packets. -errno: -ENOENT when there is no such counter (veth has
 * them since Linux 5.5, other drivers have other names).
 */
long long netdev_xdp_counter(const char *dev, const char *name);

#endif
