/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * unjoin: nft (rule.c: stmt_reduce(), payload_do_merge()) makes one load and one comparison of
 * tests of adjacent header fields. That is right for equalities next to each other. nft 1.0.6 also
 *  - joins inequalities: `tcp sport != 1 tcp dport != 2` becomes (sport, dport) != (1, 2);
 *  - joins a test with one behind another statement, which moves it before that statement: a limit
 *    is then asked for fewer packets;
 *  - takes `tcp flags syn` (any of these bits) for a comparison of the whole byte.
 * A test with a mask is not joined.
 */
#include "unjoin.h"

#include <string.h>
#include "nft_view.h"
#include "notable.h"

#define FAST_BITS 32 /* what nft calls fast: loads of one 32-bit register */
#define WIDE_BITS 128
#define MAX_TESTS 64

/* A comparison as nft sees it. */
struct candidate {
	struct inst *inst;
	unsigned base, offset, bits;
	unsigned statement; /* how many statements of other kinds come before */
	bool equal, flags;
};

static bool is_candidate(struct inst *i, struct candidate *c)
{
	if (i->kind != INST_TEST || i->test.op > TEST_NE)
		return false;

	const struct operand *o = &i->test.lhs;
	const struct field_info *f = &field_table[o->field];
	bool raw = f->kind == KIND_RAW;

	if (!raw && f->kind != KIND_PAYLOAD)
		return false;
	c->flags = test_any_flag(&i->test);
	if (o->nxf && !c->flags)
		return false;
	c->inst = i;
	c->base = raw ? o->raw.base : f->base;
	c->offset = raw ? o->raw.off : f->off;
	c->bits = raw ? o->raw.bits : f->bits;
	c->equal = c->flags || i->test.op == TEST_EQ;
	return c->offset % 8 == 0 && c->bits % 8 == 0;
}

/* payload_can_merge() */
static bool nft_joins(const struct candidate *a, const struct candidate *b)
{
	unsigned total = a->bits + b->bits;

	if (a->base != b->base || a->offset + a->bits != b->offset || a->equal != b->equal ||
	    total > WIDE_BITS)
		return false;
	return total <= FAST_BITS || a->base == BASE_LL || a->bits > FAST_BITS ||
	       b->bits > FAST_BITS;
}

static bool wrongly(const struct candidate *a, const struct candidate *b)
{
	return !a->equal || a->flags || b->flags || a->statement != b->statement;
}

static void mask(struct ir *ir, struct candidate *c)
{
	struct xform *x = ARENA_NEW(ir->arena, struct xform);

	x->op = XFORM_AND;
	memset(x->value.b, 0xff, c->bits / 8);
	c->inst->test.lhs.xf = x;
	c->inst->test.lhs.nxf = 1;
	c->bits = 0; /* no candidate any more */
}

static void unjoin_clause(struct ir *ir, struct ir_clause *k)
{
	struct candidate all[MAX_TESTS];
	unsigned n = 0, statement = 0;

	for (struct inst *i = k->first; i && n < MAX_TESTS; i = i->next) {
		if (is_candidate(i, &all[n]))
			all[n++].statement = statement;
		if (i->kind != INST_TEST && i->kind != INST_LOOKUP)
			statement++;
	}
	for (unsigned i = 0; i < n; i++)
		for (unsigned j = 0; j < i; j++) {
			struct candidate *a = &all[j], *b = &all[i];

			if (!a->bits || !b->bits || !(nft_joins(a, b) || nft_joins(b, a)) ||
			    !wrongly(a, b))
				continue;
			mask(ir, b->flags ? a : b);
		}
}

/* Only tests for equality that no statement comes between are joined rightly. */
bool may_be_joined(const struct ir_clause *k)
{
	bool statement = false, odd = false;
	unsigned n = 0;

	for (struct inst *i = k->first; i; i = i->next) {
		struct candidate c;

		if (is_candidate(i, &c)) {
			n++;
			odd |= !c.equal || c.flags || statement;
		}
		statement |= i->kind != INST_TEST && i->kind != INST_LOOKUP && i->kind != INST_NEED_HEADER;
	}
	return n > 1 && odd;
}

static bool unjoin(struct ir *ir, struct ir_chain *c, struct ir_rule *r, void *arg)
{
	(void)c;
	(void)arg;
	for (struct ir_clause *k = r->clauses; k; k = k->next)
		unjoin_clause(ir, k);
	return true;
}

void nft_unjoin(struct ir *ir)
{
	ir_each_notable(ir, NOTABLE_JOINS, unjoin, NULL);
}
