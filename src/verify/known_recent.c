/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * known_recent: a list of -m recent holds 100 addresses (ip_list_tot) and forgets the one least
 * recently seen; sets of nftables hold more. An address that comes again after so many others may be
 * forgotten by one side only: its packets are left out. Those that no --set can have put into a list
 * are left alone.
 */
#include "verify/known.h"

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

/* Was it ever seen? @add: note it. */
static bool met(struct seen_addresses *s, const struct addr *a, bool add)
{
	static const struct addr none;
	uint32_t h = 2166136261u;

	for (unsigned i = 0; i < sizeof(a->b); i++)
		h = (h ^ a->b[i]) * 16777619u;
	for (h ^= h >> 15; memcmp(&s->all[h & s->mask], &none, sizeof(none)) != 0; h++)
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
	init(&sources, a, p->npackets);
	init(&dests, a, p->npackets);
	for (uint32_t i = 0; i < p->npackets; i++) {
		const struct verify_packet *v = &p->packets[i];
		struct addr src, dst;
		bool put;

		if (v->len >= (v->bytes[0] >> 4 == 6 ? 40 : 20)) {
			packet_set(&s, a, v->bytes, v->len);
			packet_parse(&s);
			packet_addrs(&s, &src, &dst);
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
