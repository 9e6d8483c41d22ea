/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * nl_element: the elements of sets. A set of intervals is told where each one begins and, in an
 * element of its own, where it has ended (net/netfilter/nft_set_rbtree.c); several fields at a time
 * have both ends in one element (nft_set_pipapo.c).
 */
#include "nl.h"

#include <stdlib.h>
#include <string.h>
#include <libnftnl/udata.h>
#include <linux/netfilter/nf_tables.h>
#include "nl_attr.h"

#define LIST_MAX 60000 /* an attribute ends at 64 KiB */

/* The open list of elements. */
struct list {
	const char *set;
	uint32_t id;
	struct span at;
	size_t start; /* 0: none open */
};

static void list_close(struct nl *n, struct list *l)
{
	if (!l->start)
		return;
	attr_end(n->b, l->start);
	nl_message_end(n);
	l->start = 0;
}

static size_t element(struct nl *n, struct list *l)
{
	if (l->start && n->b->len - l->start > LIST_MAX)
		list_close(n, l);
	if (!l->start) {
		nl_message(n, NFT_MSG_NEWSETELEM, NLM_F_CREATE, l->at, "set", l->set);
		attr_string(n->b, NFTA_SET_ELEM_LIST_TABLE, n->table);
		attr_string(n->b, NFTA_SET_ELEM_LIST_SET, l->set);
		attr_u32(n->b, NFTA_SET_ELEM_LIST_SET_ID, l->id);
		l->start = attr_nest(n->b, NFTA_SET_ELEM_LIST_ELEMENTS);
	}
	return attr_nest(n->b, NFTA_LIST_ELEM);
}

static int pair_compare(const void *x, const void *y)
{
	const struct nl_pair *a = x, *b = y;
	int d = memcmp(&a->key.lo, &b->key.lo, sizeof(a->key.lo));

	return d ? d : memcmp(&a->key.hi, &b->key.hi, sizeof(a->key.hi));
}

/* v + 1 in @bits bits; false: there is none. */
static bool next_value(struct value *v, unsigned bits)
{
	unsigned bytes = (bits + 7) / 8, i = bytes;
	unsigned top = bits % 8 ? (1u << bits % 8) - 1 : 0xff;

	while (i > 0) {
		unsigned limit = --i ? 0xff : top;

		if (v->b[i] < limit) {
			v->b[i]++;
			return true;
		}
		v->b[i] = 0;
	}
	return false;
}

void nl_merge(struct nl_anonymous *a)
{
	unsigned bits = operand_bits(a->key);
	uint32_t kept = 0;

	qsort(a->pairs, a->count, sizeof(*a->pairs), pair_compare);
	if (a->data)
		return;
	for (uint32_t i = 1; i < a->count; i++) {
		struct nl_pair *last = &a->pairs[kept];
		struct value after = last->key.hi;

		if (next_value(&after, bits) &&
		    memcmp(&a->pairs[i].key.lo, &after, sizeof(after)) > 0) {
			a->pairs[++kept] = a->pairs[i];
			continue;
		}
		if (memcmp(&a->pairs[i].key.hi, &last->key.hi, sizeof(after)) > 0)
			last->key.hi = a->pairs[i].key.hi;
	}
	a->count = kept + 1;
}

static bool is_zero(const struct value *v)
{
	static const struct value zero;

	return !memcmp(v, &zero, sizeof(zero));
}

uint32_t nl_anonymous_size(const struct nl_anonymous *a)
{
	if (!a->intervals)
		return a->count;
	return a->count * 2 + !is_zero(&a->pairs->key.lo);
}

static void put_key(struct nl *n, const struct nl_reg *shape, const struct operand *o,
		    const struct value *v)
{
	uint8_t key[16];

	nl_value(shape, o, v, key);
	nl_data(n, NFTA_SET_ELEM_KEY, key, shape->bytes);
}

static void put_data(struct nl *n, const struct operand *o, const struct value *v)
{
	struct nl_reg shape = nl_shape(o, false);
	uint8_t data[16];

	nl_value(&shape, o, v, data);
	nl_data(n, NFTA_SET_ELEM_DATA, data, shape.bytes);
}

static void put_end(struct nl *n, struct list *l, const struct nl_reg *shape,
		    const struct operand *o, const struct value *v)
{
	size_t e = element(n, l);

	put_key(n, shape, o, v);
	attr_u32(n->b, NFTA_SET_ELEM_FLAGS, NFT_SET_ELEM_INTERVAL_END);
	attr_end(n->b, e);
}

static void put_open_end(struct nl_udata *u)
{
	udata_u32(u, NFTNL_UDATA_SET_ELEM_FLAGS, NFTNL_SET_ELEM_F_INTERVAL_OPEN);
}

static void put_udata(struct nl *n, const struct nl_udata *u)
{
	if (u->len)
		attr_put(n->b, NFTA_SET_ELEM_USERDATA, u->b, u->len);
}

/* Where the next interval starts at once, nft leaves the end of this one out. */
static void put_interval(struct nl *n, struct list *l, const struct nl_anonymous *a, uint32_t i)
{
	struct value after = a->pairs[i].key.hi;
	bool ends = next_value(&after, operand_bits(a->key));
	struct nl_udata u = { .len = 0 };
	size_t e = element(n, l);

	put_key(n, &a->shape, a->key, &a->pairs[i].key.lo);
	if (a->data)
		put_data(n, a->data, &a->pairs[i].data->lo);
	if (!ends)
		put_open_end(&u);
	put_udata(n, &u);
	attr_end(n->b, e);
	if (ends && (i + 1 == a->count ||
		     memcmp(&after, &a->pairs[i + 1].key.lo, sizeof(after)) != 0))
		put_end(n, l, &a->shape, a->key, &after);
}

void nl_anonymous_elements(struct nl *n, const struct nl_anonymous *a)
{
	struct list l = { .set = a->name, .id = a->id };
	static const struct value zero;

	l.at = n->inst->at;
	if (a->intervals && !is_zero(&a->pairs->key.lo))
		put_end(n, &l, &a->shape, a->key, &zero);
	for (uint32_t i = 0; i < a->count; i++) {
		size_t e;

		if (a->intervals) {
			put_interval(n, &l, a, i);
			continue;
		}
		e = element(n, &l);
		put_key(n, &a->shape, a->key, &a->pairs[i].key.lo);
		if (a->data)
			put_data(n, a->data, &a->pairs[i].data->lo);
		attr_end(n->b, e);
	}
	list_close(n, &l);
}

/* What an element of a named set says beside its key. */
static void put_element_rest(struct nl *n, const struct ir_set *s, const struct set_element *e,
			     bool open)
{
	struct nl_udata u = { .len = 0 };

	if (e->timeout)
		attr_u64(n->b, NFTA_SET_ELEM_TIMEOUT, e->timeout);
	if (e->expires)
		attr_u64(n->b, NFTA_SET_ELEM_EXPIRATION, e->expires);
	if (s->flags & SET_MAP)
		put_data(n, &s->data, &e->data);
	if (e->has_counters) {
		struct inst i = { .kind = INST_COUNTER };

		i.counter.initial = e->counters;
		nl_statefuls(n, &i, NFTA_SET_ELEM_EXPR, NFTA_SET_ELEM_EXPRESSIONS);
	}
	if (e->comment && *e->comment)
		udata_comment(&u, NFTNL_UDATA_SET_ELEM_COMMENT, e->comment, strlen(e->comment));
	if (open)
		put_open_end(&u);
	put_udata(n, &u);
}

static void put_concat(struct nl *n, const struct ir_set *s, const struct set_element *e, bool hi)
{
	uint8_t key[NL_WORDS * 4] = { 0 };
	unsigned at = 0;

	for (unsigned i = 0; i < s->nkey; i++) {
		const struct operand *o = &s->key[i].of;
		struct nl_reg shape = nl_shape(o, false);

		if (s->flags & SET_INTERVAL)
			shape.host = false;
		if (at + shape.bytes > sizeof(key)) {
			nl_refuse(n, "the fields of a set are longer than nf_tables' registers");
			return;
		}
		nl_value(&shape, o, hi ? &e->key[i].hi : &e->key[i].lo, key + at);
		at += nl_words(operand_bytes(o)) * 4;
	}
	nl_data(n, hi ? NFTA_SET_ELEM_KEY_END : NFTA_SET_ELEM_KEY, key, at);
}

static void put_plain_elements(struct nl *n, const struct ir_set *s, struct list *l)
{
	for (uint32_t i = 0; i < s->nelements; i++) {
		const struct set_element *e = &s->elements[i];
		size_t at = element(n, l);

		if (s->nkey > 1) {
			put_concat(n, s, e, false);
			if (s->flags & SET_INTERVAL)
				put_concat(n, s, e, true);
		} else {
			struct nl_reg shape = nl_shape(&s->key->of, false);

			put_key(n, &shape, &s->key->of, &e->key->lo);
		}
		put_element_rest(n, s, e, false);
		attr_end(n->b, at);
	}
}

bool nl_starts_at_zero(const struct ir_set *s)
{
	for (uint32_t i = 0; i < s->nelements; i++)
		if (is_zero(&s->elements[i].key->lo))
			return true;
	return false;
}

static int element_compare(const void *x, const void *y)
{
	const struct set_element *const *a = x, *const *b = y;

	return memcmp(&(*a)->key->lo, &(*b)->key->lo, sizeof((*a)->key->lo));
}

static void put_interval_elements(struct nl *n, const struct ir_set *s, struct list *l)
{
	const struct set_element **order = arena_array(n->ir->arena, s->nelements, sizeof(*order));
	const struct operand *o = &s->key->of;
	struct nl_reg shape = nl_shape(o, false);
	static const struct value zero;

	shape.host = false;
	for (uint32_t i = 0; i < s->nelements; i++)
		order[i] = &s->elements[i];
	qsort(order, s->nelements, sizeof(*order), element_compare);
	if (s->nelements && !is_zero(&order[0]->key->lo))
		put_end(n, l, &shape, o, &zero);
	for (uint32_t i = 0; i < s->nelements; i++) {
		struct value after = order[i]->key->hi;
		bool ends = next_value(&after, operand_bits(o));
		size_t at = element(n, l);

		put_key(n, &shape, o, &order[i]->key->lo);
		put_element_rest(n, s, order[i], !ends);
		attr_end(n->b, at);
		if (ends)
			put_end(n, l, &shape, o, &after);
	}
}

void nl_set_elements(struct nl *n, const struct ir_set *s, uint32_t id)
{
	struct list l = { .set = s->name, .id = id, .at = s->at };

	if (s->nkey == 1 && (s->flags & SET_INTERVAL))
		put_interval_elements(n, s, &l);
	else
		put_plain_elements(n, s, &l);
	list_close(n, &l);
}
