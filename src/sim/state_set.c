/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * state_set: named sets and maps: the elements of the input, and those that packets have added.
 *
 * nft_dynset_eval() of net/netfilter/nft_dynset.c: add leaves the timeout of an element that is there
 * alone, update renews it, delete takes it out; then the element's expressions are asked.
 */
#include "sim/state_set.h"

#include "sim/load.h"

#define KEY_MAX 8

struct element {
	struct element *next;
	struct value key[KEY_MAX], data;
	uint64_t expires_ms; /* 0: never */
	char states[8];      /* addresses of these are the owners of its expressions' state */
};

struct dynamic {
	struct dynamic *next;
	const struct ir_set *set;
	struct element *first;
};

static struct dynamic *dynamic_of(struct sim *s, const struct ir_set *set)
{
	struct dynamic *d;

	for (d = s->dynamics; d; d = d->next)
		if (d->set == set)
			return d;
	d = ARENA_NEW(s->arena, struct dynamic);
	d->set = set;
	d->next = s->dynamics;
	s->dynamics = d;
	return d;
}

static enum sim_result load_key(struct sim *s, struct sim_packet *p, const struct operand *key,
				unsigned n, struct value *out)
{
	for (unsigned i = 0; i < n && i < KEY_MAX; i++)
		switch (load_operand(s, p, &key[i], &out[i])) {
		case LOAD_OK: break;
		case LOAD_BREAK: return RESULT_FAIL;
		case LOAD_UNKNOWN: return RESULT_UNKNOWN;
		}
	return n <= KEY_MAX ? RESULT_PASS : RESULT_UNKNOWN;
}

static bool within(const struct ir_set *set, const struct set_element *e, const struct value *key)
{
	for (unsigned i = 0; i < set->nkey; i++) {
		unsigned w = operand_bytes(&set->key[i].of);

		if (memcmp(key[i].b, e->key[i].lo.b, w) < 0 || memcmp(key[i].b, e->key[i].hi.b, w) > 0)
			return false;
	}
	return true;
}

static struct element *find_dynamic(struct sim *s, const struct ir_set *set, const struct value *key)
{
	struct dynamic *d = dynamic_of(s, set);

	for (struct element **p = &d->first; *p;) {
		struct element *e = *p;
		bool same = true;

		if (e->expires_ms && e->expires_ms <= s->now_ms) {
			*p = e->next;
			continue;
		}
		for (unsigned i = 0; i < set->nkey; i++)
			same &= !memcmp(key[i].b, e->key[i].b, operand_bytes(&set->key[i].of));
		if (same)
			return e;
		p = &e->next;
	}
	return NULL;
}

/* @data: where a map's value goes; NULL for sets. */
static bool lookup(struct sim *s, const struct ir_set *set, const struct value *key, struct value *data)
{
	const struct element *d = find_dynamic(s, set, key);

	if (d) {
		if (data)
			*data = d->data;
		return true;
	}
	for (uint32_t i = 0; i < set->nelements; i++) {
		const struct set_element *e = &set->elements[i];
		uint64_t left = e->expires ? e->expires : e->timeout;

		if (!within(set, e, key) || (left && left <= s->now_ms))
			continue;
		if (data)
			*data = e->data;
		return true;
	}
	return false;
}

enum sim_result state_in_set(struct sim *s, struct sim_packet *p, const struct inst_lookup *l)
{
	struct value key[KEY_MAX];
	enum sim_result r = load_key(s, p, l->key, l->nkey, key);

	if (r != RESULT_PASS)
		return r;
	if (lookup(s, l->set, key, NULL))
		return l->invert ? RESULT_FAIL : RESULT_PASS;
	return l->set->unknown ? RESULT_UNKNOWN : l->invert ? RESULT_PASS : RESULT_FAIL;
}

enum sim_result state_lookup(struct sim *s, struct sim_packet *p, const struct ir_set *map,
			     const struct operand *key, unsigned nkey, struct value *out)
{
	struct value k[KEY_MAX];
	enum sim_result r = load_key(s, p, key, nkey, k);

	if (r != RESULT_PASS)
		return r;
	return lookup(s, map, k, out) ? RESULT_PASS : RESULT_FAIL;
}

static void remove_element(struct sim *s, const struct ir_set *set, const struct element *e)
{
	struct element **p = &dynamic_of(s, set)->first;

	while (*p && *p != e)
		p = &(*p)->next;
	if (*p)
		*p = e->next;
}

static struct element *add_element(struct sim *s, const struct inst_dynset *d, const struct value *key)
{
	struct element *e = ARENA_NEW(s->arena, struct element);
	struct dynamic *x = dynamic_of(s, d->set);

	memcpy(e->key, key, d->nkey * sizeof(*key));
	e->next = x->first;
	x->first = e;
	return e;
}

enum sim_result state_dynset(struct sim *s, struct sim_packet *p, const struct inst_dynset *d)
{
	uint64_t timeout = d->timeout ? d->timeout : d->set->timeout;
	struct value key[KEY_MAX];
	enum sim_result r = load_key(s, p, d->key, d->nkey, key);
	struct element *e;
	bool fresh;

	if (r != RESULT_PASS)
		return r;
	e = find_dynamic(s, d->set, key);
	if (d->op == DYNSET_DELETE) {
		if (e)
			remove_element(s, d->set, e);
		return RESULT_PASS; /* whether there was one or not */
	}
	fresh = !e;
	if (!e)
		e = add_element(s, d, key);
	if (timeout && (fresh || d->op == DYNSET_UPDATE))
		e->expires_ms = s->now_ms + timeout;
	if (d->data && load_operand(s, p, d->data, &e->data) != LOAD_OK)
		return RESULT_FAIL;
	r = state_exprs(s, p, d->exprs, e->states);
	if (r == RESULT_PASS || r == RESULT_FAIL)
		return (r == RESULT_PASS) != d->invert ? RESULT_PASS : RESULT_FAIL;
	return r;
}
