/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * known_recent: a list of -m recent holds 100 addresses (ip_list_tot) and forgets the one least
 * recently seen; sets of nftables hold more. An address that comes again after so many others may be
 * forgotten by one side only. Its packets are left out.
 */
#include "verify/known.h"

#include <string.h>
#include "ext.h"
#include "sim/packet.h"

#define LATEST 95 /* addresses: the kernel's own answers come in between */

/* The addresses seen so far, and the latest of them in order. */
struct seen_addresses {
	struct addr latest[LATEST];
	unsigned n;
	struct addr *all; /* a hash table; the zero address is a free place */
	uint32_t mask;
};

static bool has_option(const struct ext_use *u, const char *name)
{
	for (unsigned i = 0; i < u->nargs; i++)
		if (!strcmp(u->ext->options[u->args[i].id].name, name))
			return true;
	return false;
}

/* Which addresses do the ruleset's lists hold? */
static void lists_of(const struct ruleset *rs, bool *source, bool *dest)
{
	for (unsigned t = 0; t < TABLE_COUNT; t++)
		for (const struct chain *c = rs->tables[t].chains; c; c = c->next)
			for (uint32_t i = 0; i < c->nrules; i++)
				for (unsigned m = 0; m < c->rules[i]->spec->nmatches; m++) {
					const struct ext_use *u = &c->rules[i]->spec->matches[m];

					if (strcmp(u->ext->name, "recent"))
						continue;
					*dest |= has_option(u, "rdest");
					*source |= !has_option(u, "rdest");
				}
}

/* True: it is new. */
static bool enter(struct seen_addresses *s, const struct addr *a)
{
	static const struct addr none;
	uint32_t h = 2166136261u;

	for (unsigned i = 0; i < sizeof(a->b); i++)
		h = (h ^ a->b[i]) * 16777619u;
	for (h ^= h >> 15; memcmp(&s->all[h & s->mask], &none, sizeof(none)) != 0; h++)
		if (!memcmp(&s->all[h & s->mask], a, sizeof(*a)))
			return false;
	s->all[h & s->mask] = *a;
	return true;
}

/* False: it was seen, but too long ago. */
static bool note(struct seen_addresses *s, const struct addr *a)
{
	unsigned i = 0;

	while (i < s->n && memcmp(&s->latest[i], a, sizeof(*a)) != 0)
		i++;
	if (i == s->n) {
		if (!enter(s, a))
			return false;
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
	bool source = false, dest = false;
	uint32_t n = 0, left_out;

	lists_of(rs, &source, &dest);
	if (!source && !dest)
		return 0;
	init(&sources, a, p->npackets);
	init(&dests, a, p->npackets);
	for (uint32_t i = 0; i < p->npackets; i++) {
		const struct verify_packet *v = &p->packets[i];
		bool v6 = v->len && v->bytes[0] >> 4 == 6;
		struct addr src = { 0 }, dst = { 0 };

		if (v->len >= (v6 ? 40 : 20)) {
			memcpy(src.b, v->bytes + (v6 ? 8 : 12), v6 ? 16 : 4);
			memcpy(dst.b, v->bytes + (v6 ? 24 : 16), v6 ? 16 : 4);
		}
		if ((source && !note(&sources, &src)) || (dest && !note(&dests, &dst)))
			continue;
		p->packets[n++] = *v;
	}
	left_out = p->npackets - n;
	p->npackets = n;
	return left_out;
}
