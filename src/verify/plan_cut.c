/* SPDX-License-Identifier: GPL-2.0-or-later */
/* plan_cut: headers that a rule needs, cut short, in fragments, or of another length. */
#include "verify/plan_goal.h"

#include <netinet/in.h>

#define CUTS	  6
#define CUT_EDGES 2

/* A header of options or addresses. */
static bool is_options(const struct inst *i)
{
	uint8_t header = i->need_header.proto;

	return i->need_header.exthdr && (header == IPPROTO_HOPOPTS || header == IPPROTO_ROUTING ||
					 header == IPPROTO_DSTOPTS);
}

/* Fragments whose bytes are as the rule asks for them: the first, the second at an odd offset,
 * later ones. */
static void fragments(struct planner *pl, struct plan_goal *g, const struct inst *i)
{
	static const uint16_t frags[] = { 0x2000, 1, 2, 0x2001, 185 };

	struct inst_test there = { .lhs = operand_of(FIELD_EXTHDR),
				   .op = TEST_EQ,
				   .value = value_num(1, 1) };

	if ((!i->need_header.bytes && !is_options(i)) ||
	    (pl->ir->defrag && pl->family == FAMILY_IPV4))
		return;
	g->focus = i;
	g->miss = true;
	there.lhs.exists = true;
	there.lhs.hdr.type = i->need_header.proto;
	g->twin = is_options(i) ? &there : NULL;
	for (unsigned k = 0; k < sizeof(frags) / sizeof(*frags) && pl->nout < pl->limit; k++) {
		g->frag = frags[k];
		plan_try_goal(pl, g, NULL, TRIES_MISS);
	}
	g->frag = 0;
	g->twin = NULL;
}

/* From port 0, so that the header begins with zeros. */
static void from_nowhere(struct planner *pl, struct plan_goal *g)
{
	if (!plan_counter_of(g->clause))
		return;
	g->focus = NULL;
	g->miss = false;
	g->nowhere = true;
	plan_try_goal(pl, g, NULL, TRIES_MISS);
	g->nowhere = false;
}

/* Extension headers with nothing behind them, as the last one says, and none. */
static void empty(struct planner *pl, struct plan_goal *g, const struct inst *i)
{
	struct inst_test there = { .lhs = operand_of(FIELD_EXTHDR),
				   .op = TEST_EQ,
				   .value = value_num(1, 1) };

	there.lhs.exists = true;
	there.lhs.hdr.type = i->need_header.proto;
	g->focus = i;
	g->miss = true;
	g->cut = 1;
	plan_try_goal(pl, g, NULL, TRIES_MISS);
	g->twin = &there;
	g->none = true;
	plan_try_goal(pl, g, NULL, TRIES_MISS);
	g->twin = NULL;
	g->none = false;
	g->cut = 0;
}

/* A header that is cut short just where the rule needs it, and just before. */
static void cuts(struct planner *pl, struct plan_goal *g, const struct inst *i)
{
	uint16_t bytes = i->need_header.bytes;

	g->broken = is_options(i) ? i->need_header.proto : IPPROTO_DSTOPTS;
	for (unsigned k = 0; k < CUTS; k++) {
		if (bytes)
			g->cut = (uint16_t)(k % 4 < 2 ? bytes + k % 4
						      : 1 + plan_below(&pl->random, bytes));
		else
			g->cut = PLAN_BROKEN;
		g->focus = i;
		g->miss = true;
		plan_try_goal(pl, g, NULL, TRIES_MISS);
	}
	/* Cut short, but not for this rule. */
	for (const struct inst *t = g->clause->first; t != i; t = t->next) {
		if (t->kind != INST_TEST)
			continue;
		g->focus = t;
		g->cut = bytes ? bytes : PLAN_BROKEN;
		plan_try_goal(pl, g, NULL, TRIES_MISS);
	}
	g->cut = 0;
}

/* Cut short, at the edges of the tests before. */
static void cut_edges(struct planner *pl, struct plan_goal *g, const struct inst *i)
{
	struct plan_values v = { .arena = pl->arena };

	for (const struct inst *t = g->clause->first; t != i && i->need_header.bytes; t = t->next) {
		if (t->kind != INST_TEST)
			continue;
		v.n = 0;
		plan_edges(&t->test, &pl->random, &v);
		g->focus = t;
		g->cut = i->need_header.bytes;
		for (unsigned k = 0; k < CUT_EDGES && v.n && pl->nout < pl->limit; k++) {
			const struct value *x = &v.v[plan_below(&pl->random, v.n)];

			g->miss = !plan_test_value(&t->test, x);
			plan_try_goal(pl, g, x, TRIES_MISS);
		}
		g->cut = 0;
	}
}

/* TCP headers of every length, whole and cut short by a byte; and one whose length can't be. */
static void options(struct planner *pl, struct plan_goal *g, const struct inst *i)
{
	if (!i->need_header.options)
		return;
	g->focus = i;
	g->miss = true;
	for (g->words = 4; g->words <= 15 && pl->nout < pl->limit; g->words++)
		for (unsigned k = 0; k < 3;
		     k++) { /* the last one without what else the rule asks */
			g->cut = k ? 0 : (uint16_t)(g->words * 4u);
			plan_try_goal(pl, g, NULL, k < 2 ? TRIES_MISS : 1);
		}
	g->words = g->cut = 0;
}

void plan_cuts(struct planner *pl, struct plan_goal *g, const struct inst *need, unsigned sweep)
{
	switch (sweep) {
	case 0: cuts(pl, g, need); break;
	case 1:
		fragments(pl, g, need);
		if (is_options(need))
			empty(pl, g, need);
		options(pl, g, need);
		break;
	default:
		from_nowhere(pl, g);
		cut_edges(pl, g, need);
		break;
	}
}
