/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * host: interfaces, addresses and the routes that follow from them.
 *
 * What the kernel adds by itself: fib_add_ifaddr() and inetdev_event() of net/ipv4 for IPv4,
 * addrconf for IPv6. Since 5.14 the lowest address of an IPv4 subnet is unicast.
 */
#include "sim/host.h"

#include <string.h>
#include <linux/if_arp.h>
#include <linux/rtnetlink.h>
#include "sim/route.h"

#define PRIORITY_MAIN    32766
#define PRIORITY_DEFAULT 32767

void host_init(struct host *h, struct arena *a)
{
	*h = (struct host){ .arena = a, .forward4 = true, .forward6 = true, .accept_local = true,
			    .route_localnet = true, .tcp_loose = true, .ct_checksum = true,
			    .default_ttl = 64 };
	h->last_iface = &h->ifaces;
	h->last_address = &h->addresses;
	h->last_route = &h->routes;
	h->lo = host_iface_new(h, "lo", 2);
	h->lo->loopback = true;
	h->lo->type = ARPHRD_LOOPBACK;
	h->lo->mtu = 65536;
}

struct host_iface *host_iface_new(struct host *h, const char *name, size_t len)
{
	struct host_iface *i = ARENA_NEW(h->arena, struct host_iface);

	memcpy(i->name, name, len < sizeof(i->name) ? len : sizeof(i->name) - 1);
	i->index = ++h->nifaces;
	i->mtu = 1500;
	i->type = ARPHRD_ETHER;
	i->mac[0] = 2;
	i->mac[5] = (uint8_t)i->index;
	*h->last_iface = i;
	h->last_iface = &i->next;
	return i;
}

struct host_iface *host_iface_find(const struct host *h, const char *name, size_t len)
{
	struct host_iface *i;

	for (i = h->ifaces; i; i = i->next)
		if (strlen(i->name) == len && !memcmp(i->name, name, len))
			return i;
	return NULL;
}

void host_address_add(struct host *h, struct host_iface *dev, unsigned family,
		      const struct addr *addr, unsigned prefix)
{
	struct host_address *a = ARENA_NEW(h->arena, struct host_address);

	a->addr = *addr;
	a->family = (uint8_t)family;
	a->prefix = (uint8_t)prefix;
	a->dev = dev;
	*h->last_address = a;
	h->last_address = &a->next;
}

struct host_route *host_route_new(struct host *h, unsigned family)
{
	struct host_route *r = ARENA_NEW(h->arena, struct host_route);

	r->family = (uint8_t)family;
	r->type = RTN_UNICAST;
	r->table = RT_TABLE_MAIN;
	r->order = ++h->nroutes;
	*h->last_route = r;
	h->last_route = &r->next;
	return r;
}

void host_rule_add(struct host *h, struct host_rule *r)
{
	struct host_rule **p = &h->rules;

	while (*p && (*p)->priority <= r->priority)
		p = &(*p)->next;
	r->next = *p;
	*p = r;
}

bool prefix_match(const struct addr *a, const struct addr *net, unsigned prefix)
{
	unsigned whole = prefix / 8, rest = prefix % 8;

	if (memcmp(a->b, net->b, whole))
		return false;
	return !rest || !((a->b[whole] ^ net->b[whole]) & (uint8_t)(0xff00 >> rest));
}

const struct host_address *host_address_of(const struct host *h, const struct host_iface *dev,
					   unsigned family)
{
	for (const struct host_address *a = h->addresses; a; a = a->next)
		if (a->dev == dev && a->family == family)
			return a;
	return NULL;
}

static void add_route(struct host *h, const struct host_address *a, unsigned type, unsigned prefix,
		      bool broadcast)
{
	struct host_route *r = host_route_new(h, a->family);

	r->dst = a->addr;
	for (unsigned bit = a->prefix; bit < 32 && broadcast; bit++)
		r->dst.b[bit / 8] |= (uint8_t)(0x80 >> bit % 8);
	for (unsigned bit = prefix; bit < family_bytes(a->family) * 8; bit++)
		r->dst.b[bit / 8] &= (uint8_t)~(0x80 >> bit % 8);
	r->prefix = (uint8_t)prefix;
	r->type = (uint8_t)type;
	r->table = type == RTN_UNICAST ? RT_TABLE_MAIN : RT_TABLE_LOCAL;
	r->dev = a->dev;
	r->src = a->addr;
	r->has_src = true;
	r->order = 0; /* whatever the host says replaces it */
}

static void derive(struct host *h, const struct host_address *a)
{
	unsigned width = family_bytes(a->family) * 8;
	bool v4 = a->family == FAMILY_IPV4;

	add_route(h, a, RTN_LOCAL, width, false);
	if (a->dev->loopback) {
		if (v4)
			add_route(h, a, RTN_LOCAL, a->prefix, false);
		return;
	}
	if (a->prefix < width)
		add_route(h, a, RTN_UNICAST, a->prefix, false);
	if (v4 && a->prefix < 31)
		add_route(h, a, RTN_BROADCAST, 32, true);
}

static void add_multicast6(struct host *h)
{
	for (struct host_iface *i = h->ifaces; i; i = i->next) {
		struct host_route *r;

		if (i->loopback)
			continue;
		r = host_route_new(h, FAMILY_IPV6);
		r->dst.b[0] = 0xfe;
		r->dst.b[1] = 0x80;
		r->prefix = 64;
		r->dev = i;
		r->order = 0;
	}
}

static void add_default_rules(struct host *h)
{
	static const struct {
		uint32_t priority, table;
	} all[] = { { 0, RT_TABLE_LOCAL }, { PRIORITY_MAIN, RT_TABLE_MAIN },
		    { PRIORITY_DEFAULT, RT_TABLE_DEFAULT } };

	for (unsigned f = FAMILY_IPV4; f <= FAMILY_IPV6; f++)
		for (unsigned i = 0; i < 3; i++) {
			bool there = false;

			for (const struct host_rule *r = h->rules; r; r = r->next)
				there |= r->family == f && r->priority == all[i].priority &&
					 r->table == all[i].table;
			if (there)
				continue;

			struct host_rule *r = ARENA_NEW(h->arena, struct host_rule);

			r->family = (uint8_t)f;
			r->type = RTN_UNICAST;
			r->suppress = -1;
			r->priority = all[i].priority;
			r->table = all[i].table;
			host_rule_add(h, r);
		}
}

void host_finish(struct host *h)
{
	struct addr lo4 = { .b = { 127, 0, 0, 1 } }, lo6 = { .b = { 0 } };

	lo6.b[15] = 1;
	if (!host_address_of(h, h->lo, FAMILY_IPV4))
		host_address_add(h, h->lo, FAMILY_IPV4, &lo4, 8);
	if (!host_address_of(h, h->lo, FAMILY_IPV6))
		host_address_add(h, h->lo, FAMILY_IPV6, &lo6, 128);
	for (struct host_address *a = h->addresses; a; a = a->next)
		derive(h, a);
	add_multicast6(h);
	add_default_rules(h);
	route_index(h);
}

static unsigned common_bits(const struct addr *a, const struct addr *b, unsigned max)
{
	unsigned n = 0;

	while (n < max && prefix_match(a, b, n + 1))
		n++;
	return n;
}

bool host_source(const struct host *h, const struct host_iface *dev, unsigned family,
		 const struct addr *to, struct addr *out)
{
	const struct host_address *best = NULL;
	unsigned best_bits = 0;

	for (const struct host_address *a = h->addresses; a; a = a->next) {
		unsigned bits;

		if (a->dev != dev || a->family != family || (family == FAMILY_IPV4 && a->addr.b[0] == 127))
			continue; /* 127.0.0.1 is of host scope */
		bits = common_bits(&a->addr, to, a->prefix);
		if (family == FAMILY_IPV4)
			bits = bits == a->prefix; /* its subnet, or else the first address */
		/* Of equally good IPv6 addresses the newest comes first in the kernel's list. */
		if (!best || bits > best_bits || (family == FAMILY_IPV6 && bits == best_bits)) {
			best = a;
			best_bits = bits;
		}
	}
	if (!best && family == FAMILY_IPV4) /* any other device's, before giving up */
		for (const struct host_address *a = h->addresses; a && !best; a = a->next)
			if (a->family == family && !a->dev->loopback)
				best = a;
	if (best)
		*out = best->addr;
	return best != NULL;
}
