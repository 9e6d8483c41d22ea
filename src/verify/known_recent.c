/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * known_recent: a list of -m recent holds 100 addresses (ip_list_tot) and forgets the one least
 * recently seen; sets of nftables hold more. An address that comes again after so many others may be
 * forgotten by one side only: its packets are left out. Those that no --set can have put into a list
 * are left alone.
 */
#include "verify/known.h"

#include <stdlib.h>
#include <string.h>
#include <netinet/in.h>
#include "ext.h"
#include "sim/packet.h"

#define KINDS  64
#define LATEST 95 /* addresses: the kernel's own answers come in between */

/* The addresses seen so far, and the latest of them in order. */
struct seen_addresses {
	struct addr latest[LATEST];
	unsigned n;
	struct addr *all; /* a hash table; the zero address is a free place */
	uint32_t mask;
};

/* The packets that some rule may put into a list: only --set does. */
struct asked {
	bool source, dest; /* addresses that the lists hold */
	bool any;
	unsigned n;
	struct {
		uint8_t proto;
		uint16_t lo, hi; /* destination ports */
	} kinds[KINDS];
};

static const struct arg *option(const struct ext_use *u, const char *name)
{
	for (unsigned i = 0; i < u->nargs; i++)
		if (!strcmp(u->ext->options[u->args[i].id].name, name))
			return &u->args[i];
	return NULL;
}

static const struct ext_use *match_of(const struct rule_spec *s, const char *name)
{
	for (unsigned m = 0; m < s->nmatches; m++)
		if (!strcmp(s->matches[m].ext->name, name))
			return &s->matches[m];
	return NULL;
}

static void ask(struct asked *a, const struct rule_spec *s)
{
	const struct ext_use *u = match_of(s, s->proto == IPPROTO_TCP ? "tcp" : "udp");
	const struct arg *port = u ? option(u, "dport") : NULL;

	if (!s->proto || s->proto_invert || s->proto > UINT8_MAX || a->n == KINDS) {
		a->any = true;
		return;
	}
	a->kinds[a->n].proto = (uint8_t)s->proto;
	a->kinds[a->n].hi = UINT16_MAX;
	if (port && !port->invert) {
		a->kinds[a->n].lo = (uint16_t)port->num.lo;
		a->kinds[a->n].hi = (uint16_t)port->num.hi;
	}
	a->n++;
}

static bool is_asked(const struct asked *a, struct sim_packet *p)
{
	uint16_t sport, dport = 0;
	bool ports = packet_ports(p, &sport, &dport);

	for (unsigned i = 0; i < a->n && !a->any; i++)
		if (p->l4proto == a->kinds[i].proto &&
		    (!ports || (dport >= a->kinds[i].lo && dport <= a->kinds[i].hi)))
			return true;
	return a->any;
}

static void look_at_rules(const struct ruleset *rs, struct asked *a)
{
	for (unsigned t = 0; t < TABLE_COUNT; t++)
		for (const struct chain *c = rs->tables[t].chains; c; c = c->next)
			for (uint32_t i = 0; i < c->nrules; i++)
				for (unsigned m = 0; m < c->rules[i]->spec->nmatches; m++) {
					const struct ext_use *u = &c->rules[i]->spec->matches[m];

					if (strcmp(u->ext->name, "recent"))
						continue;
					a->dest |= option(u, "rdest") != NULL;
					a->source |= !option(u, "rdest");
					if (option(u, "set"))
						ask(a, c->rules[i]->spec);
				}
}

static uint32_t hash(uint32_t h, const struct addr *a)
{
	for (unsigned i = 0; i < sizeof(a->b); i++)
		h = (h ^ a->b[i]) * 16777619u;
	return h ^ h >> 15;
}

/* Was it ever seen? @add: note it. */
static bool met(struct seen_addresses *s, const struct addr *a, bool add)
{
	static const struct addr none;
	uint32_t h = hash(2166136261u, a);

	for (; memcmp(&s->all[h & s->mask], &none, sizeof(none)) != 0; h++)
		if (!memcmp(&s->all[h & s->mask], a, sizeof(*a)))
			return true;
	if (add)
		s->all[h & s->mask] = *a;
	return false;
}

/* False: it was seen, but too long ago. @put: the packet may put it into a list. */
static bool note(struct seen_addresses *s, const struct addr *a, bool put)
{
	unsigned i = 0;

	while (i < s->n && memcmp(&s->latest[i], a, sizeof(*a)) != 0)
		i++;
	if (i == s->n) {
		if (met(s, a, put))
			return false;
		if (!put)
			return true;
		if (s->n < LATEST)
			s->n++;
		else
			i--;
	}
	memmove(&s->latest[1], &s->latest[0], i * sizeof(*s->latest));
	s->latest[0] = *a;
	return true;
}

/*
 * Who opened a flow: the source of the first packet between two addresses. Packets of one opener are
 * brought together, in their order, so that few addresses come again after many others.
 */
struct flow {
	struct addr low, high;
	uint32_t opener; /* the first packet of this source that opened a flow */
	bool used;
};

struct place_in_order {
	uint32_t opener, at;
};

/* The place of a flow; of an address as its opener when both are the same. */
static struct flow *find(struct flow *all, uint32_t mask, const struct addr *low, const struct addr *high)
{
	uint32_t h = hash(hash(2166136261u, low), high);

	while (all[h & mask].used && (memcmp(&all[h & mask].low, low, sizeof(*low)) ||
				      memcmp(&all[h & mask].high, high, sizeof(*high))))
		h++;
	return &all[h & mask];
}

static struct flow *found(struct flow *all, uint32_t mask, const struct addr *a, const struct addr *b, uint32_t at)
{
	bool order = memcmp(a, b, sizeof(*a)) < 0;
	struct flow *f = find(all, mask, order ? a : b, order ? b : a);

	if (!f->used) {
		*f = (struct flow){ .low = order ? *a : *b, .high = order ? *b : *a, .opener = at, .used = true };
		if (memcmp(a, b, sizeof(*a)))
			f->opener = found(all, mask, a, a, at)->opener;
	}
	return f;
}

static int in_order(const void *x, const void *y)
{
	const struct place_in_order *a = x, *b = y;

	if (a->opener != b->opener)
		return a->opener < b->opener ? -1 : 1;
	return (a->at > b->at) - (a->at < b->at);
}

static void addresses_of(struct sim_packet *s, struct arena *a, const struct verify_packet *v, struct addr *src,
			 struct addr *dst)
{
	memset(src, 0, sizeof(*src));
	memset(dst, 0, sizeof(*dst));
	if (v->len < (v->bytes[0] >> 4 == 6 ? 40 : 20))
		return;
	packet_set(s, a, v->bytes, v->len);
	packet_parse(s);
	packet_addrs(s, src, dst);
}

static void bring_together(struct arena *a, struct verify_plan *p)
{
	struct place_in_order *order = arena_array(a, p->npackets + 1u, sizeof(*order));
	struct verify_packet *sorted = arena_array(a, p->npackets + 1u, sizeof(*sorted));
	struct sim_packet s = { 0 };
	uint32_t mask = 1023;
	struct flow *all;

	while (mask < p->npackets * 4u)
		mask = mask * 2 + 1;
	all = arena_array(a, mask + 1u, sizeof(*all));
	for (uint32_t i = 0; i < p->npackets; i++) {
		struct addr src, dst;

		addresses_of(&s, a, &p->packets[i], &src, &dst);
		order[i] = (struct place_in_order){ found(all, mask, &src, &dst, i)->opener, i };
	}
	qsort(order, p->npackets, sizeof(*order), in_order);
	for (uint32_t i = 0; i < p->npackets; i++)
		sorted[i] = p->packets[order[i].at];
	p->packets = sorted;
}

static void init(struct seen_addresses *s, struct arena *a, uint32_t npackets)
{
	*s = (struct seen_addresses){ .mask = 1023 };
	while (s->mask < npackets * 2u)
		s->mask = s->mask * 2 + 1;
	s->all = arena_array(a, s->mask + 1u, sizeof(*s->all));
}

uint32_t known_recent(struct arena *a, struct verify_plan *p, const struct ruleset *rs)
{
	struct seen_addresses sources, dests;
	struct asked asked = { 0 };
	struct sim_packet s = { 0 };
	uint32_t n = 0, left_out;

	look_at_rules(rs, &asked);
	if (!asked.source && !asked.dest)
		return 0;
	bring_together(a, p);
	init(&sources, a, p->npackets);
	init(&dests, a, p->npackets);
	for (uint32_t i = 0; i < p->npackets; i++) {
		const struct verify_packet *v = &p->packets[i];
		struct addr src, dst;
		bool put;

		addresses_of(&s, a, v, &src, &dst);
		if (s.data) {
			put = is_asked(&asked, &s);
			if ((asked.source && !note(&sources, &src, put)) || (asked.dest && !note(&dests, &dst, put)))
				continue;
		}
		p->packets[n++] = *v;
	}
	left_out = p->npackets - n;
	p->npackets = n;
	return left_out;
}
