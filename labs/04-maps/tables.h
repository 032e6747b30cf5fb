/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* How counters.c shows what it has read: as tables, or as JSON. No TODO is here. */
#ifndef TABLES_H
#define TABLES_H

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

#include "counters.h"

struct row {
	struct in_addr saddr;
	struct traffic traffic;
};

/* What was in the maps. */
struct tables {
	__u64 protocols[PROTOCOLS];
	struct row *senders; /* n rows, of room */
	int n, room;
	struct traffic total;
	__u64 misses;
};

/* The most packets first; of equal ones, the smaller address. */
static int by_packets(const void *a, const void *b)
{
	const struct row *x = a, *y = b;

	if (x->traffic.packets != y->traffic.packets)
		return x->traffic.packets < y->traffic.packets ? 1 : -1;
	return memcmp(&x->saddr, &y->saddr, sizeof(x->saddr));
}

static void print_text(const struct tables *t)
{
	printf("protocol            packets\n");
	for (int i = 0; i < PROTOCOLS; i++)
		if (t->protocols[i])
			printf("%-15d %11llu\n", i, t->protocols[i]);
	printf("sender              packets       bytes\n");
	for (int i = 0; i < t->n; i++)
		printf("%-15s %11llu %11llu\n", inet_ntoa(t->senders[i].saddr),
		       t->senders[i].traffic.packets, t->senders[i].traffic.bytes);
	printf("%-15s %11llu\n", "misses", t->misses);
	printf("%-15s %11llu %11llu\n", "total", t->total.packets, t->total.bytes);
}

static void print_json(const struct tables *t)
{
	const char *comma = "";

	printf("{\"protocols\":{");
	for (int i = 0; i < PROTOCOLS; i++) {
		if (!t->protocols[i])
			continue;
		printf("%s\"%d\":%llu", comma, i, t->protocols[i]);
		comma = ",";
	}
	printf("},\"senders\":[");
	for (int i = 0; i < t->n; i++)
		printf("%s{\"address\":\"%s\",\"packets\":%llu,\"bytes\":%llu}", i ? "," : "",
		       inet_ntoa(t->senders[i].saddr), t->senders[i].traffic.packets,
		       t->senders[i].traffic.bytes);
	printf("],\"misses\":%llu,\"total\":{\"packets\":%llu,\"bytes\":%llu}}\n", t->misses,
	       t->total.packets, t->total.bytes);
}

#endif
