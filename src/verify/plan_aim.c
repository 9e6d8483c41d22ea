/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * plan_aim: packets for every rule: to be hit, and to be missed by each of its tests, at the tests'
 * edges.
 */
#include "verify/plan_goal.h"

#define TRIES_HIT  20 /* packets that are tried for a goal */
#define TRIES_MISS 4
#define CUTS	   6
#define EDGES_MAX  24
#define SEEDS	   16 /* packets that no rule asks for, at each hook */

static bool looks_up(const struct ir_clause *k)
{
	for (const struct inst *i = k->first; i; i = i->next)
		if ((i->kind == INST_LOOKUP && !i->lookup.set->nelements && !i->lookup.invert) ||
		    i->kind == INST_DYNSET || i->kind == INST_CONNLIMIT)
			return true;
	return false;
}

static void set_goal(struct plan_goal *g, const struct ir_chain *c, const struct ir_rule *r,
		     const struct ir_clause *k)
{
	g->steps[0] = (struct plan_step){ c, r, k };
	g->rule = r;
	g->clause = k;
	g->focus = NULL;
	g->miss = false;
	g->cut = 0;
}

/* A header that is cut short just where the rule needs it, and just before. */
static void cuts(struct planner *pl, struct plan_goal *g, const struct inst *i)
{
	uint16_t bytes = i->need_header.bytes;

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

/* Each edge of each test once, with all other tests holding. */
static void edges(struct planner *pl, struct plan_goal *g)
{
	struct plan_values v = { .arena = pl->arena };

	for (const struct inst *i = g->clause->first; i; i = i->next) {
		uint32_t from;

		if (i->kind == INST_NEED_HEADER)
			cuts(pl, g, i);
		if (i->kind != INST_TEST)
			continue;
		v.n = 0;
		plan_edges(&i->test, &pl->random, &v);
		from = v.n > EDGES_MAX ? plan_below(&pl->random, v.n) : 0;
		for (uint32_t n = 0; n < v.n && n < EDGES_MAX && pl->nout < pl->limit; n++) {
			const struct value *x = &v.v[(from + n) % v.n];

			g->focus = i;
			g->miss = !plan_test_value(&i->test, x);
			if (g->miss || !g->misses)
				plan_try_goal(pl, g, x, TRIES_MISS);
		}
		g->focus = i;
		g->miss = true;
		if (!v.n || field_table[i->test.lhs.field].order == ORDER_TEXT)
			plan_try_goal(pl, g, NULL, TRIES_MISS);
	}
}

/* Rules that remember; those that a packet has hit now come first. */
static void remember(struct planner *pl)
{
	for (const struct ir_chain *c = pl->ir->chains; c; c = c->next)
		for (const struct ir_rule *r = c->rules; r; r = r->next)
			for (const struct ir_clause *k = r->clauses; k && r->rule; k = k->next)
				plan_remember(pl, k, plan_line_of(pl, r));
}

void plan_seeds(struct planner *pl)
{
	static const enum hook_id hooks[] = { HOOK_INPUT, HOOK_FORWARD, HOOK_OUTPUT };
	const struct plan_wants none = { .n = 0 };

	for (unsigned i = 0; i < 3 * SEEDS; i++) {
		struct plan_draft d;

		if (!plan_solve(pl, &none, hooks[i % 3], &d))
			continue;
		plan_shoot(pl, &d, &pl->shot);
		plan_keep(pl, &pl->shot, 0);
	}
}

/* Before a limit is used up: packets that should not get to it. */
static void before_limits(struct planner *pl, struct plan_goal *g)
{
	g->misses = true;
	for (const struct ir_chain *c = pl->ir->chains; c; c = c->next)
		for (const struct ir_rule *r = c->rules; r; r = r->next)
			for (const struct ir_clause *k = r->clauses; k; k = k->next) {
				const struct inst *i = k->first;

				while (i && i->kind != INST_LIMIT && i->kind != INST_DYNSET &&
				       i->kind != INST_OBJREF)
					i = i->next;
				if (!i || pl->nout >= pl->limit / 4 || pl->work >= pl->work_max / 8)
					continue;
				set_goal(g, c, r, k);
				edges(pl, g);
			}
	g->misses = false;
}

void plan_goals(struct planner *pl)
{
	struct plan_goal *g = ARENA_NEW(pl->arena, struct plan_goal);
	uint64_t all = pl->work_max;

	before_limits(pl, g);
	for (unsigned pass = 0; pass < 2; pass++) {
		if (pass)
			remember(pl);
		pl->work_max = pass ? all : all / 2;
		for (const struct ir_chain *c = pl->ir->chains; c; c = c->next)
			for (const struct ir_rule *r = c->rules; r; r = r->next)
				for (const struct ir_clause *k = r->clauses; k; k = k->next) {
					if (pl->nout >= pl->limit || pl->work >= pl->work_max)
						break;
					set_goal(g, c, r, k);
					if (pass)
						edges(pl, g);
					else if (plan_counter_of(k) &&
						 !plan_try_goal(pl, g, NULL, TRIES_HIT) &&
						 looks_up(k))
						plan_try_again(pl, g);
				}
	}
}
