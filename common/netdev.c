// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "netdev.h"

#include <errno.h>
#include <net/if.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <linux/ethtool.h>
#include <linux/sockios.h>

static int is_down(const char *name)
{
	struct ifreq request = {};
	int fd, err;

	fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return 0;
	strncpy(request.ifr_name, name, IFNAMSIZ - 1);
	err = ioctl(fd, SIOCGIFFLAGS, &request);
	close(fd);
	return !err && !(request.ifr_flags & IFF_UP);
}

unsigned int netdev_index(const char *name)
{
	unsigned int ifindex = if_nametoindex(name);

	if (!ifindex)
		fprintf(stderr, "%s: no such device here; `ip -br link` lists them\n", name);
	else if (is_down(name))
		fprintf(stderr, "%s is down: no packet arrives before `ip link set %s up`\n", name,
			name);
	return ifindex;
}

/* One request of ethtool's about a device. 0 or -errno. */
static int ethtool(int fd, const char *dev, void *request)
{
	struct ifreq ifr = { .ifr_data = request };

	strncpy(ifr.ifr_name, dev, IFNAMSIZ - 1);
	return ioctl(fd, SIOCETHTOOL, &ifr) ? -errno : 0;
}

/* Is label rx_queue_, a number, _ and name? */
static bool of_a_queue(const char *label, const char *name)
{
	int end = 0;

	return sscanf(label, "rx_queue_%*u_%n", &end) == 0 && end && !strcmp(label + end, name);
}

long long netdev_xdp_counter(const char *dev, const char *name)
{
	struct ethtool_drvinfo info = { .cmd = ETHTOOL_GDRVINFO };
	struct ethtool_gstrings *labels = NULL;
	struct ethtool_stats *values = NULL;
	char label[ETH_GSTRING_LEN + 1] = "";
	long long sum = -ENOENT;
	int fd, err;

	fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	err = ethtool(fd, dev, &info);
	if (!err) {
		labels = calloc(1, sizeof(*labels) + info.n_stats * ETH_GSTRING_LEN);
		values = calloc(1, sizeof(*values) + info.n_stats * sizeof(__u64));
		if (!labels || !values)
			err = -ENOMEM;
	}
	if (!err) {
		labels->cmd = ETHTOOL_GSTRINGS;
		labels->string_set = ETH_SS_STATS;
		labels->len = info.n_stats;
		values->cmd = ETHTOOL_GSTATS;
		values->n_stats = info.n_stats;
		err = ethtool(fd, dev, labels);
	}
	if (!err)
		err = ethtool(fd, dev, values);
	for (__u32 i = 0; !err && i < info.n_stats; i++) {
		memcpy(label, labels->data + i * ETH_GSTRING_LEN, ETH_GSTRING_LEN);
		if (of_a_queue(label, name))
			sum = (sum < 0 ? 0 : sum) + values->data[i];
	}
	free(labels);
	free(values);
	close(fd);
	return err ? err : sum;
}
