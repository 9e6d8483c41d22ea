/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ipset_nets: elements of sets of networks, made disjoint.
 *
 * In an ipset the most specific network decides, and one marked nomatch is an exception. nft's
 * interval sets hold no overlapping elements: a network inside another one of the same kind goes
 * away, one of the other kind is cut out of it.
 */
#include "ipset.h"

#include <stdlib.h>
#include <string.h>

#define PAIRS_MAX 4096 /* elements with two networks are compared each with each */

struct flat {
	struct arena *arena;
	const struct ipset_element *in;
	uint32_t nin;
	bool want; /* kind of elements asked for: nomatch? */
	unsigned nkey, net, bytes;
	struct set_element *out;
	uint32_t n, cap;
	const char *reason;
};

/* An element with what qsort() needs to know. */
struct sorted {
	const struct ipset_element *e;
	unsigned nkey, net, bytes;
};

static int compare_rest(const struct sorted *x, const struct sorted *y)
{
	for (unsigned i = 0; i < x->nkey; i++) {
		int d = i == x->net ? 0
				    : memcmp(&x->e->e.key[i].lo, &y->e->e.key[i].lo,
					     sizeof(struct value));

		if (d)
			return d;
	}
	return 0;
}

static int by_network(const void *a, const void *b)
{
	const struct sorted *x = a, *y = b;
	int d = compare_rest(x, y);

	if (!d)
		d = memcmp(x->e->e.key[x->net].lo.b, y->e->e.key[y->net].lo.b, x->bytes);
	if (!d)
		d = memcmp(y->e->e.key[y->net].hi.b, x->e->e.key[x->net].hi.b, x->bytes);
	return d;
}

static void step(struct value *v, unsigned bytes, int by)
{
	for (unsigned i = bytes; i-- > 0;) {
		v->b[i] = (uint8_t)(v->b[i] + by);
		if (v->b[i] != (by > 0 ? 0 : 0xff))
			break;
	}
}

/* The part lo..hi of an element; the whole of it keeps its options. */
static void put(struct flat *f, const struct ipset_element *e, const struct value *lo,
		const struct value *hi)
{
	struct set_element *o;

	if (e->nomatch != f->want || memcmp(lo->b, hi->b, f->bytes) > 0)
		return;
	f->out = arena_grow(f->arena, f->out, f->n, &f->cap, sizeof(*o));
	o = &f->out[f->n++];
	*o = e->e;
	if (!memcmp(lo, &e->e.key[f->net].lo, sizeof(*lo)) &&
	    !memcmp(hi, &e->e.key[f->net].hi, sizeof(*hi)))
		return;
	o->key = arena_array(f->arena, f->nkey, sizeof(*o->key));
	memcpy(o->key, e->e.key, f->nkey * sizeof(*o->key));
	o->key[f->net].lo = *lo;
	o->key[f->net].hi = *hi;
}

/* Networks that contain the current place, outermost first; what begins at `from` is not yet
 * put. */
struct nest {
	const struct ipset_element *open[130];
	unsigned depth;
	struct value from;
	bool spent; /* from is beyond the last address */
};

static void leave(struct flat *f, struct nest *n)
{
	const struct ipset_element *e = n->open[--n->depth];
	const struct value *hi = &e->e.key[f->net].hi;

	if (n->spent)
		return;
	put(f, e, &n->from, hi);
	n->from = *hi;
	n->spent = true;
	for (unsigned i = 0; i < f->bytes; i++)
		n->spent = n->spent && hi->b[i] == 0xff;
	step(&n->from, f->bytes, 1);
}

static void enter(struct flat *f, struct nest *n, const struct ipset_element *e)
{
	const struct ipset_element *top = n->depth ? n->open[n->depth - 1] : NULL;
	struct value before = e->e.key[f->net].lo;

	if (top && top->nomatch == e->nomatch) {
		if (top->e.timeout && top->e.timeout != e->e.timeout)
			f->reason = "networks with different timeouts overlap";
		return;
	}
	if (top && (top->e.timeout || e->e.timeout)) {
		f->reason = "networks with timeouts have exceptions";
		return;
	}
	if (top && memcmp(before.b, n->from.b, f->bytes) > 0) {
		step(&before, f->bytes, -1);
		put(f, top, &n->from, &before);
	}
	if (n->depth == sizeof(n->open) / sizeof(n->open[0])) {
		f->reason = "networks overlap too deeply";
		return;
	}
	n->from = e->e.key[f->net].lo;
	n->spent = false;
	n->open[n->depth++] = e;
}

static void flatten_one(struct flat *f)
{
	uint32_t n = f->nin;
	struct sorted *s = arena_array(f->arena, n, sizeof(*s));
	struct nest nest = { .depth = 0 };

	for (uint32_t i = 0; i < n; i++)
		s[i] = (struct sorted){ &f->in[i], f->nkey, f->net, f->bytes };
	qsort(s, n, sizeof(*s), by_network);
	for (uint32_t i = 0; i < n; i++) {
		bool other = i && compare_rest(&s[i - 1], &s[i]) != 0;

		while (nest.depth &&
		       (other || memcmp(nest.open[nest.depth - 1]->e.key[f->net].hi.b,
					s[i].e->e.key[f->net].lo.b, f->bytes) < 0))
			leave(f, &nest);
		enter(f, &nest, s[i].e);
	}
	while (nest.depth)
		leave(f, &nest);
}

/* -1: apart; 0: they overlap; 1: @a contains @b. */
static int relation(const struct flat *f, const struct ipset_element *a,
		    const struct ipset_element *b)
{
	bool contains = true;

	for (unsigned i = 0; i < f->nkey; i++) {
		const struct value_range *x = &a->e.key[i], *y = &b->e.key[i];

		if (memcmp(&x->hi, &y->lo, sizeof(x->hi)) < 0 ||
		    memcmp(&y->hi, &x->lo, sizeof(x->hi)) < 0)
			return -1;
		contains = contains && memcmp(&x->lo, &y->lo, sizeof(x->lo)) <= 0 &&
			   memcmp(&y->hi, &x->hi, sizeof(x->hi)) <= 0;
	}
	return contains;
}

static void flatten_two(struct flat *f)
{
	if (f->nin > PAIRS_MAX) {
		f->reason = "it has too many pairs of networks to compare";
		return;
	}
	for (uint32_t i = 0; i < f->nin; i++) {
		bool inside = false;

		if (f->in[i].nomatch) {
			f->reason = "pairs of networks have exceptions (nomatch)";
			return;
		}
		for (uint32_t k = 0; k < f->nin && !f->reason; k++) {
			int r = i == k ? -1 : relation(f, &f->in[k], &f->in[i]);

			if (r == 0 && relation(f, &f->in[i], &f->in[k]) != 1)
				f->reason = "pairs of networks overlap";
			if (r == 1 && f->in[k].e.timeout)
				f->reason = "networks with timeouts overlap";
			inside = inside || r == 1;
		}
		if (!inside && !f->want)
			put(f, &f->in[i], &f->in[i].e.key[f->net].lo,
			    &f->in[i].e.key[f->net].hi);
	}
}

struct set_element *ipset_flatten(struct arena *a, const struct ipset *s, bool nomatch,
				  bool portless, uint32_t *n, const char **reason)
{
	struct flat f = { .arena = a, .want = nomatch, .in = s->elements, .nin = s->nelements };
	enum field_id key[IPSET_KEY_MAX];
	unsigned nets = 0;

	f.nkey = ipset_key(s, s->family, key) - portless;
	f.bytes = s->family == FAMILY_IPV6 ? 16 : 4;
	if (portless) {
		f.in = s->portless;
		f.nin = s->nportless;
	}
	for (unsigned i = 0, k = 0; i < s->type->dimension; i++, k++) {
		if (s->type->part[i] == IPSET_NET && !nets++)
			f.net = k;
		if (s->type->part[i] == IPSET_PORT && !s->type->bitmap && !portless)
			k++;
	}
	if (nets == 1) {
		flatten_one(&f);
	} else if (nets == 2) {
		flatten_two(&f);
	} else if (!nomatch) {
		f.out = arena_array(a, f.nin, sizeof(*f.out));
		for (f.n = 0; f.n < f.nin; f.n++)
			f.out[f.n] = f.in[f.n].e;
	}
	*reason = f.reason;
	*n = f.n;
	return f.out;
}
