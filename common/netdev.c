// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "netdev.h"

#include <net/if.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

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
