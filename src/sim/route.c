/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * route: where a packet goes.
 *
 * After ip_route_input_slow(), ip_route_output_key_hash_rcu() and fib_validate_source() of net/ipv4,
 * ip6_route_input() and ip6_route_output() of net/ipv6. Policy rules are asked in order of priority,
 * a table by longest prefix, then lowest metric. Several routes of the same destination and metric:
 * the last one given replaces the others, as `ip route replace` does.
 */
#include "sim/route.h"

#include <stdlib.h>
#include <string.h>
#include <linux/rtnetlink.h>

/* All routes of one table and prefix length, sorted by destination, metric and recency. */
struct route_group {
	uint32_t table;
	uint8_t prefix;
	struct addr mask;
	uint32_t first, n;
};

struct route_index {
	const struct host_route **routes;
	struct route_group *groups;
	uint32_t nroutes, ngroups;
};

static int by_table(const void *a, const void *b)
{
	const struct host_route *x = *(const struct host_route *const *)a;
	const struct host_route *y = *(const struct host_route *const *)b;
	int c;

	if (x->table != y->table)
		return x->table < y->table ? -1 : 1;
	if (x->prefix != y->prefix)
		return x->prefix > y->prefix ? -1 : 1;
	c = memcmp(x->dst.b, y->dst.b, 16);
	if (c)
		return c;
	if (x->metric != y->metric)
		return x->metric < y->metric ? -1 : 1;
	return x->order > y->order ? -1 : x->order < y->order;
}

static void index_family(struct host *h, unsigned family)
{
	struct route_index *x = ARENA_NEW(h->arena, struct route_index);
	struct route_group *g = NULL;

	x->routes = arena_array(h->arena, h->nroutes + 1u, sizeof(struct host_route *));
	x->groups = arena_array(h->arena, h->nroutes + 1u, sizeof(*x->groups));
	for (const struct host_route *r = h->routes; r; r = r->next)
		if (r->family == family)
			x->routes[x->nroutes++] = r;
	qsort(x->routes, x->nroutes, sizeof(struct host_route *), by_table);
	for (uint32_t i = 0; i < x->nroutes; i++) {
		const struct host_route *r = x->routes[i];

		if (!g || g->table != r->table || g->prefix != r->prefix) {
			g = &x->groups[x->ngroups++];
			*g = (struct route_group){ .table = r->table, .prefix = r->prefix, .first = i };
			for (unsigned bit = 0; bit < g->prefix; bit++)
				g->mask.b[bit / 8] |= (uint8_t)(0x80 >> bit % 8);
		}
		g->n++;
	}
	h->index[family == FAMILY_IPV6] = x;
}

void route_index(struct host *h)
{
	index_family(h, FAMILY_IPV4);
	index_family(h, FAMILY_IPV6);
}

bool addr_is_multicast(unsigned family, const struct addr *a)
{
	return family == FAMILY_IPV6 ? a->b[0] == 0xff : (a->b[0] & 0xf0) == 0xe0;
}

static bool is_zero(const struct addr *a, unsigned family)
{
	static const uint8_t zero[16];

	return !memcmp(a->b, zero, family_bytes(family));
}

static bool is_lbcast(const struct addr *a)
{
	return !memcmp(a->b, "\xff\xff\xff\xff", 4);
}

static const struct host_route *in_group(const struct route_index *x, const struct route_group *g,
					 const struct route_query *q)
{
	struct addr net = { .b = { 0 } };
	uint32_t lo = g->first, hi = g->first + g->n;

	for (unsigned i = 0; i < 16; i++)
		net.b[i] = q->dst.b[i] & g->mask.b[i];
	while (lo < hi) {
		uint32_t mid = (lo + hi) / 2;

		if (memcmp(x->routes[mid]->dst.b, net.b, 16) < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	for (; lo < g->first + g->n && !memcmp(x->routes[lo]->dst.b, net.b, 16); lo++)
		if (!q->oif || !x->routes[lo]->dev || x->routes[lo]->dev == q->oif ||
		    x->routes[lo]->type != RTN_UNICAST)
			return x->routes[lo];
	return NULL;
}

static const struct host_route *in_table(const struct host *h, uint32_t table,
					 const struct route_query *q)
{
	const struct route_index *x = h->index[q->family == FAMILY_IPV6];

	for (uint32_t i = 0; i < x->ngroups; i++) {
		const struct host_route *r;

		if (x->groups[i].table != table)
			continue;
		r = in_group(x, &x->groups[i], q);
		if (r)
			return r;
	}
	return NULL;
}

static bool rule_applies(const struct host_rule *r, const struct route_query *q)
{
	bool yes = r->family == q->family;

	if (!yes)
		return false;
	yes = !r->from_len || (q->has_src && prefix_match(&q->src, &r->from, r->from_len));
	yes &= !r->to_len || prefix_match(&q->dst, &r->to, r->to_len);
	yes &= (q->mark & r->mask) == r->mark;
	/* locally generated packets come "from lo" */
	yes &= !r->iif || !strcmp(r->iif, q->in ? q->in->name : "lo");
	yes &= !r->oif || (q->oif && !strcmp(r->oif, q->oif->name));
	return yes != r->invert;
}

const struct host_route *route_lookup(const struct host *h, const struct route_query *q)
{
	static const struct host_route refuse[] = { { .type = RTN_BLACKHOLE },
						    { .type = RTN_UNREACHABLE },
						    { .type = RTN_PROHIBIT } };

	for (const struct host_rule *r = h->rules; r; r = r->next) {
		const struct host_route *found;

		if (!rule_applies(r, q))
			continue;
		if (r->type != RTN_UNICAST)
			return &refuse[r->type - RTN_BLACKHOLE];
		found = in_table(h, r->table, q);
		if (found && found->type != RTN_THROW && found->prefix > r->suppress)
			return found;
	}
	return NULL;
}

static struct route_answer martian(const char *why)
{
	return (struct route_answer){ .kind = ROUTE_MARTIAN, .why = why };
}

static struct route_answer unreachable(const struct host_route *r)
{
	const char *why = !r			       ? "no route"
			  : r->type == RTN_BLACKHOLE  ? "the route is a blackhole"
			  : r->type == RTN_PROHIBIT   ? "the route says prohibit"
						      : "the route says unreachable";

	return (struct route_answer){ .kind = ROUTE_UNREACHABLE, .route = r, .why = why };
}

/* fib_validate_source(): NULL when the source is believed. */
static const char *bad_source(const struct host *h, const struct route_query *q)
{
	struct route_query back = { .family = q->family, .src = q->dst, .has_src = true, .dst = q->src };
	const struct host_route *r;

	if (q->in->loopback)
		return NULL;
	if (!h->rp_filter && !h->rp_loose) {
		if (!h->accept_local &&
		    route_addr_type(h, q->family, &q->src, NULL) == RTN_LOCAL)
			return "the source is an address of this host";
		return NULL;
	}
	r = route_lookup(h, &back);
	if (!r)
		return "rp_filter: no route to the source";
	if (r->type == RTN_LOCAL && h->accept_local)
		return NULL;
	if (r->type != RTN_UNICAST)
		return "rp_filter: the source is not a unicast address";
	if (h->rp_filter && r->dev != q->in)
		return "rp_filter: the route to the source leads to another interface";
	return NULL;
}

static struct route_answer input4(const struct host *h, const struct route_query *q)
{
	struct route_answer a = { .kind = ROUTE_LOCAL, .dev = h->lo };
	const uint8_t *s = q->src.b, *d = q->dst.b;
	const struct host_route *r = NULL;
	const char *bad;

	if (addr_is_multicast(FAMILY_IPV4, &q->dst))
		return (struct route_answer){ .kind = ROUTE_MULTICAST, .dev = h->lo };
	if (addr_is_multicast(FAMILY_IPV4, &q->src) || is_lbcast(&q->src))
		return martian("the source is a multicast or broadcast address");
	a.kind = ROUTE_BROADCAST;
	if (!is_lbcast(&q->dst) && !(is_zero(&q->src, FAMILY_IPV4) && is_zero(&q->dst, FAMILY_IPV4))) {
		if (is_zero(&q->src, FAMILY_IPV4) || is_zero(&q->dst, FAMILY_IPV4))
			return martian("an address is 0.0.0.0");
		if ((s[0] == 127 || d[0] == 127) && !h->route_localnet && !q->in->loopback)
			return martian("an address is in 127.0.0.0/8 (route_localnet is off)");
		r = route_lookup(h, q);
		if (!r)
			return unreachable(NULL);
		a.route = r;
		if (r->type == RTN_LOCAL) {
			a.kind = ROUTE_LOCAL;
		} else if (r->type != RTN_BROADCAST) {
			if (!h->forward4)
				return (struct route_answer){ .kind = ROUTE_UNREACHABLE, .route = r,
							      .why = "forwarding is off" };
			if (r->type != RTN_UNICAST)
				return unreachable(r);
			a.kind = ROUTE_FORWARD;
			a.dev = r->dev;
		}
	}
	bad = is_zero(&q->src, FAMILY_IPV4) ? NULL : bad_source(h, q);
	return bad ? martian(bad) : a;
}

static struct route_answer input6(const struct host *h, const struct route_query *q)
{
	struct route_answer a = { .kind = ROUTE_FORWARD };
	const struct host_route *r;

	if (addr_is_multicast(FAMILY_IPV6, &q->dst))
		return (struct route_answer){ .kind = ROUTE_MULTICAST, .dev = h->lo };
	r = route_lookup(h, q);
	a.route = r;
	if (!r || (r->type != RTN_LOCAL && r->type != RTN_UNICAST && r->type != RTN_ANYCAST))
		return unreachable(r);
	a.dev = r->dev;
	if (r->type != RTN_UNICAST) {
		a.kind = ROUTE_LOCAL;
		a.dev = h->lo;
	} else if (!h->forward6) {
		return (struct route_answer){ .kind = ROUTE_UNREACHABLE, .route = r,
					      .why = "forwarding is off" };
	}
	return a;
}

struct route_answer route_input(const struct host *h, const struct route_query *q)
{
	return q->family == FAMILY_IPV6 ? input6(h, q) : input4(h, q);
}

struct route_answer route_output(const struct host *h, const struct route_query *q)
{
	struct route_answer a = { .kind = ROUTE_FORWARD };
	bool multicast = addr_is_multicast(q->family, &q->dst);
	bool lbcast = q->family == FAMILY_IPV4 && is_lbcast(&q->dst);
	const struct host_route *r;

	if (q->oif && (multicast || lbcast)) {
		a.kind = multicast ? ROUTE_MULTICAST : ROUTE_BROADCAST;
		a.dev = q->oif;
		return a;
	}
	r = route_lookup(h, q);
	a.route = r;
	if (!r && q->oif && q->family == FAMILY_IPV4) { /* on-link is assumed for a socket bound to a device */
		a.dev = q->oif;
		return a;
	}
	if (!r || (r->type != RTN_UNICAST && r->type != RTN_LOCAL && r->type != RTN_BROADCAST &&
		   r->type != RTN_ANYCAST))
		return unreachable(r);
	a.dev = r->dev;
	if (r->type == RTN_LOCAL) {
		a.kind = ROUTE_LOCAL;
		a.dev = h->lo;
	} else if (r->type == RTN_BROADCAST || lbcast) {
		a.kind = ROUTE_BROADCAST;
	} else if (multicast) {
		a.kind = ROUTE_MULTICAST;
	}
	return a;
}

/* IPv4: __inet_dev_addr_type() asks table local alone. IPv6: the route decides. */
unsigned route_addr_type(const struct host *h, unsigned family, const struct addr *a,
			 const struct host_iface *dev)
{
	struct route_query q = { .family = family, .dst = *a };
	const struct host_route *r;

	if (family == FAMILY_IPV4 && (is_lbcast(a) || is_zero(a, family)))
		return RTN_BROADCAST;
	if (addr_is_multicast(family, a))
		return RTN_MULTICAST;
	if (family == FAMILY_IPV4) {
		r = in_table(h, RT_TABLE_LOCAL, &q);
		return r && (!dev || r->dev == dev) ? r->type : RTN_UNICAST;
	}
	r = route_lookup(h, &q);
	if (!r || (r->type != RTN_LOCAL && r->type != RTN_UNICAST && r->type != RTN_ANYCAST))
		return RTN_UNREACHABLE;
	return dev && r->dev != dev ? RTN_UNICAST : r->type;
}
