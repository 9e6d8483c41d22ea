/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * thin_sets: rulesets with very many anonymous sets do without them.
 *
 * Requires lowered rules, before guard.c copies their tests. Establishes: when more than SETS_MANY
 * tests would each need an anonymous set, those on ports, addresses, marks and numbers are
 * conjunctions of comparisons. Breaks nothing: a conjunction holds exactly where the set's test
 * does, also where the field can't be loaded.
 *
 *     dport { 80, 443, 8080-8090 }       dport 80-8090, dport != 81-442, dport != 444-8079
 *     dport != { 80, 8080-8090 }         dport != 80, dport != 8080-8090
 *
 * Loading a set makes nf_tables look for its name and, for each rule that uses it, for the set, in
 * the list of the table's sets (nf_tables_set_alloc_name(), nft_set_lookup_byid()): 20,000
 * `-m multiport` rules took minutes. Besides, a constant set of ports is a bitmap of 16 KiB in the
 * kernel (nft_set_bitmap.c).
 */
#include "lower.h"

#include <string.h>
#include "notable.h"

#define SETS_MANY  500 /* sets cost what the rest of their rules costs from about here */
#define RANGES_MAX 16  /* XT_MULTI_PORTS is 15; longer lists are better off as sets */

/* Comparisons that a clause may get: NFT_RULE_MAXEXPRS is 128, and each is two or three. */
#define TESTS_MAX 32

static bool plain_type(const struct operand *o)
{
	switch ((int)field_table[o->field].type) {
	case TYPE_PORT:
	case TYPE_IPV4:
	case TYPE_IPV6:
	case TYPE_MARK:
	case TYPE_INTEGER: return true;
	default: return false;
	}
}

/* Does the field read the same each time that the rule asks? */
static bool steady(const struct operand *o)
{
	unsigned kind = field_table[o->field].kind;

	return kind == KIND_PAYLOAD || kind == KIND_RAW || o->field == FIELD_META_MARK ||
	       o->field == FIELD_CT_MARK;
}

static bool needs_set(const struct inst *i)
{
	return i->kind == INST_TEST && i->test.op >= TEST_IN && i->test.n > 1;
}

static bool can_thin(const struct inst *i)
{
	return needs_set(i) && i->test.n <= RANGES_MAX && !i->test.lhs.nxf &&
	       operand_bits(&i->test.lhs) % 8 == 0 && plain_type(&i->test.lhs) && steady(&i->test.lhs);
}

static int compare(const struct value *a, const struct value *b)
{
	return memcmp(a, b, sizeof(*a));
}

/* The value after or before; false where there is none. */
static bool step(struct value *v, unsigned bytes, bool up)
{
	uint8_t carry = up ? 0xff : 0;

	for (unsigned i = bytes; i-- > 0;) {
		bool more = v->b[i] == carry;

		v->b[i] = (uint8_t)(up ? v->b[i] + 1 : v->b[i] - 1);
		if (!more)
			return true;
	}
	return false;
}

/* In order, without overlaps or neighbours; returns how many. */
static uint32_t sort_ranges(const struct inst_test *t, struct value_range *out)
{
	unsigned bytes = operand_bytes(&t->lhs);
	uint32_t n = 0;

	for (uint32_t i = 0; i < t->n; i++) {
		uint32_t at = i;

		for (; at && compare(&out[at - 1].lo, &t->ranges[i].lo) > 0; at--)
			out[at] = out[at - 1];
		out[at] = t->ranges[i];
	}
	for (uint32_t i = 1; i < t->n; i++) {
		struct value next = out[n].hi;

		if (!step(&next, bytes, true) || compare(&out[i].lo, &next) <= 0) {
			if (compare(&out[i].hi, &out[n].hi) > 0)
				out[n].hi = out[i].hi;
		} else {
			out[++n] = out[i];
		}
	}
	return n + 1;
}

static struct inst *range_test(struct arena *a, const struct inst *from, const struct value_range *r,
			       bool negate)
{
	struct inst *i = inst_new(a, INST_TEST, from->at);

	i->test.lhs = from->test.lhs;
	if (!compare(&r->lo, &r->hi)) {
		i->test.op = negate ? TEST_NE : TEST_EQ;
		i->test.value = r->lo;
		return i;
	}
	i->test.op = negate ? TEST_NOTIN : TEST_IN;
	i->test.n = 1;
	i->test.ranges = ARENA_NEW(a, struct value_range);
	*i->test.ranges = *r;
	return i;
}

/* The whole from the first range to the last, but not what is between two of them. */
static struct inst **put_inside(struct arena *a, struct inst **to, const struct inst *from,
				const struct value_range *r, uint32_t n)
{
	unsigned bytes = operand_bytes(&from->test.lhs);
	struct value_range all = { r[0].lo, r[n - 1].hi };

	*to = range_test(a, from, &all, false);
	to = &(*to)->next;
	for (uint32_t i = 1; i < n; i++) {
		struct value_range gap = { r[i - 1].hi, r[i].lo };

		step(&gap.lo, bytes, true);
		step(&gap.hi, bytes, false);
		*to = range_test(a, from, &gap, true);
		to = &(*to)->next;
	}
	return to;
}

static struct inst **put_outside(struct arena *a, struct inst **to, const struct inst *from,
				 const struct value_range *r, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++) {
		*to = range_test(a, from, &r[i], true);
		to = &(*to)->next;
	}
	return to;
}

/* A single range over all values of the field is no comparison that nft takes. */
static bool whole_field(const struct value_range *all, unsigned bytes)
{
	struct value lo = all->lo, hi = all->hi;

	return !step(&lo, bytes, false) && !step(&hi, bytes, true);
}

static void thin_clause(struct arena *a, struct ir_clause *k)
{
	struct value_range r[RANGES_MAX];
	uint32_t tests = 0;

	for (struct inst **p = &k->first, *i; (i = *p); p = &(*p)->next) {
		uint32_t n;

		if (!can_thin(i))
			continue;
		n = sort_ranges(&i->test, r);
		if (tests + n > TESTS_MAX ||
		    whole_field(&(struct value_range){ r[0].lo, r[n - 1].hi },
				operand_bytes(&i->test.lhs)))
			continue;
		tests += n;

		struct inst *next = i->next, **end = i->test.op == TEST_IN ? put_inside(a, p, i, r, n)
									   : put_outside(a, p, i, r, n);

		*end = next;
		if (!next)
			k->last = end;
		while (&(*p)->next != end) /* go on behind the last new one */
			p = &(*p)->next;
	}
}

bool needs_sets(const struct ir_clause *k)
{
	const struct inst *i = k->first;

	while (i && !needs_set(i))
		i = i->next;
	return i;
}

static bool count(struct ir *ir, struct ir_chain *c, struct ir_rule *r, void *arg)
{
	uint32_t *n = arg;

	(void)ir;
	(void)c;
	for (const struct ir_clause *k = r->clauses; k; k = k->next)
		for (const struct inst *i = k->first; i; i = i->next)
			*n += needs_set(i);
	return *n <= SETS_MANY;
}

static bool thin(struct ir *ir, struct ir_chain *c, struct ir_rule *r, void *arg)
{
	(void)c;
	(void)arg;
	for (struct ir_clause *k = r->clauses; k; k = k->next)
		thin_clause(ir->arena, k);
	return true;
}

void thin_sets(struct ir *ir)
{
	uint32_t n = 0;

	ir_each_notable(ir, NOTABLE_SETS, count, &n);
	if (n > SETS_MANY)
		ir_each_notable(ir, NOTABLE_SETS, thin, NULL);
}
