/* SPDX-License-Identifier: GPL-2.0-or-later */
/* route: the routing decision. */
#ifndef IPTC2NFT_SIM_ROUTE_H
#define IPTC2NFT_SIM_ROUTE_H

#include "sim/host.h"

enum route_kind {
	ROUTE_LOCAL, ROUTE_FORWARD, ROUTE_BROADCAST, ROUTE_MULTICAST,
	ROUTE_UNREACHABLE, /* and prohibit, blackhole: see why */
	ROUTE_MARTIAN,
};

/* What is asked. */
struct route_query {
	unsigned family;
	struct addr src, dst;
	uint32_t mark;
	const struct host_iface *in;  /* NULL: locally generated */
	const struct host_iface *oif; /* NULL: any (a socket bound to a device) */
	bool has_src;
};

struct route_answer {
	uint8_t kind;                   /* enum route_kind */
	const struct host_route *route; /* NULL where none decided */
	const struct host_iface *dev;   /* output device; lo for local destinations */
	const char *why;                /* martian, unreachable: the reason */
};

/* Build the look-up tables; host_finish() calls it. */
void route_index(struct host *h);

/* The best route without judging source addresses (fib_lookup()); NULL: none. */
const struct host_route *route_lookup(const struct host *h, const struct route_query *q);

struct route_answer route_input(const struct host *h, const struct route_query *q);
struct route_answer route_output(const struct host *h, const struct route_query *q);

/* RTN_* type of an address, as fib type and inet_addr_type() see it. @dev: only there, or NULL */
unsigned route_addr_type(const struct host *h, unsigned family, const struct addr *a,
			 const struct host_iface *dev);

bool addr_is_multicast(unsigned family, const struct addr *a);

#endif
