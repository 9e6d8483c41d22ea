/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * plan_aim: packets for every rule: to be hit, and to be missed by each of its tests, at the tests'
 * edges.
 */
#include "verify/plan_goal.h"

#define TRIES_HIT   20 /* packets that are tried for a goal */
#define TRIES_LATER 24
#define ACROSS	    4
#define SWEEPS	    3
#define EDGES_MAX   24
#define SEEDS	    16 /* packets that no rule asks for, at each hook */

static bool looks_up(const struct ir_clause *k)
{
	for (const struct inst *i = k->first; i; i = i->next)
		if ((i->kind == INST_LOOKUP && !i->lookup.set->nelements && !i->lookup.invert) ||
		    i->kind == INST_DYNSET || i->kind == INST_CONNLIMIT)
			return true;
	return false;
}

static void try_edge(struct planner *pl, struct plan_goal *g, const struct value *x, unsigned tries)
{
	bool got = plan_try_goal(pl, g, x, tries);

	/* Missed, but perhaps not by this alone; or not got to at all: once more when all others
	 * had their turn. */
	if (!pl->later || (got && (!g->miss || g->all)))
		return;
	if (pl->later->n == pl->later->cap)
		pl->later->v = arena_grow(pl->arena, pl->later->v, pl->later->n, &pl->later->cap,
					  sizeof(*pl->later->v));
	pl->later->v[pl->later->n++] =
		(struct plan_later){ .step = g->steps[0],
				     .focus = g->focus,
				     .miss = g->miss,
				     .chosen = x != NULL,
				     .value = x ? *x : (struct value){ { 0 } } };
}

/* Ports and the like whose last byte is nothing: what looks whether it is there takes it for its
 * edge. */
static void add_zero_end(const struct inst_test *t, struct plan_values *v)
{
	const struct field_info *f = &field_table[t->lhs.field];
	struct value x = v->n ? v->v[0] : (struct value){ { 0 } };

	if (f->kind != KIND_PAYLOAD || f->base != BASE_TH || f->bits != 16 || !v->n)
		return;
	for (uint32_t i = 0; t->op == TEST_IN && i < t->n; i++)
		if (t->ranges[i].lo.b[0] != t->ranges[i].hi.b[0]) {
			x = t->ranges[i].hi;
			break;
		}
	x.b[1] = 0;
	x.b[0] |= !x.b[0];
	plan_value_add(v, &x, 2);
}

/* What is written keeps some bits of what was there: each of them set, and none. */
static void kept_bits(struct planner *pl, struct plan_goal *g, const struct inst *i)
{
	const struct operand *o = &i->assign.src;
	unsigned bits, pad;

	if (i->assign.from == ASSIGN_VALUE)
		o = &i->assign.dst;
	else if (i->assign.from != ASSIGN_OPERAND || o->field != i->assign.dst.field)
		return;
	bits = operand_bits(o);
	pad = operand_bytes(o) * 8 - bits;
	if (bits > 32 || (field_table[o->field].kind != KIND_PAYLOAD &&
			  field_table[o->field].kind != KIND_RAW && o->field != FIELD_META_MARK))
		return;
	g->focus = i;
	g->miss = false;
	for (unsigned n = 0; n < 2 + bits && pl->nout < pl->limit; n++) {
		struct value x = { { 0 } };

		for (unsigned b = 0; b < bits; b++)
			if (n == 1 || n == b + 2 || (n > 1 && plan_chance(&pl->random, 3)))
				x.b[(pad + b) / 8] |= (uint8_t)(0x80 >> (pad + b) % 8);
		plan_try_goal(pl, g, &x, TRIES_MISS);
	}
}

/* What the test asks, in the field that this one is easily confused with, and not in this one. */
static void twins(struct planner *pl, struct plan_goal *g, const struct inst *i)
{
	struct inst_test twin;

	if (!plan_twin(&i->test, &twin))
		return;
	g->focus = i;
	g->miss = g->strict = true;
	g->twin = &twin;
	plan_try_goal(pl, g, NULL, TRIES_MISS);
	g->twin = NULL;
	g->strict = false;
}

/*
 * The edges of each test, with all other tests holding. @sweep: every third of them, so that all
 * rules have some before any has all.
 */
static void edges(struct planner *pl, struct plan_goal *g, unsigned sweep)
{
	struct plan_values v = { .arena = pl->arena };

	for (const struct inst *i = g->clause->first; i; i = i->next) {
		if (i->kind == INST_NEED_HEADER)
			plan_cuts(pl, g, i, sweep);
		if (i->kind == INST_ASSIGN && sweep == 1 && !g->misses)
			kept_bits(pl, g, i);
		if (i->kind != INST_TEST)
			continue;
		v.n = 0;
		plan_edges(&i->test, &pl->random, &v);
		add_zero_end(&i->test, &v);
		for (uint32_t n = sweep; n < v.n && n < EDGES_MAX && pl->nout < pl->limit;
		     n += SWEEPS) {
			const struct value *x = &v.v[n];

			g->focus = i;
			g->miss = !plan_test_value(&i->test, x);
			if (g->miss || !g->misses)
				try_edge(pl, g, x, TRIES_MISS);
		}
		g->focus = i;
		g->miss = true;
		if (sweep == 1 && pl->nout < pl->limit)
			twins(pl, g, i);
		g->focus = i;
		if (sweep == 0 && (!v.n || field_table[i->test.lhs.field].order == ORDER_TEXT))
			try_edge(pl, g, NULL, TRIES_MISS);
	}
}

/* Of a piece of a rule: the rule is hit by packets that have the edges of the piece's tests. */
static void helper_edges(struct planner *pl, struct plan_goal *g, const struct ir_chain *c,
			 const struct ir_clause *k, unsigned sweep)
{
	struct plan_values v = { .arena = pl->arena };
	const struct plan_caller *from = pl->callers[c->id];

	if (!from || !plan_counter_of(from->clause))
		return;
	plan_set_goal(g, from->chain, from->rule, from->clause);
	g->also = k;
	for (const struct inst *i = k->first; i; i = i->next) {
		g->focus = i;
		if (i->kind == INST_ASSIGN && sweep == 1)
			kept_bits(pl, g, i);
		v.n = 0;
		if (i->kind == INST_TEST)
			plan_edges(&i->test, &pl->random, &v);
		for (uint32_t n = sweep; n < v.n && n < EDGES_MAX && pl->nout < pl->limit;
		     n += SWEEPS)
			plan_try_goal(pl, g, &v.v[n], TRIES_MISS);
	}
	g->also = NULL;
}

/* What was not got to is tried with more patience. */
static void again(struct planner *pl, struct plan_goal *g)
{
	struct plan_laters *l = pl->later;

	pl->later = NULL;
	g->strict = true;
	for (uint32_t n = 0; n < l->n && pl->nout < pl->limit && pl->work < pl->work_max; n++) {
		const struct plan_later *e = &l->v[n];

		plan_set_goal(g, e->step.chain, e->step.rule, e->step.clause);
		g->focus = e->focus;
		g->miss = e->miss;
		plan_try_goal(pl, g, e->chosen ? &e->value : NULL, TRIES_LATER);
	}
	g->strict = false;
}

static bool ends(const struct ir_clause *k)
{
	for (const struct inst *i = k->first; i; i = i->next)
		if (i->kind == INST_VERDICT || i->kind == INST_REJECT || i->kind == INST_NAT)
			return true;
	return false;
}

static bool drops(const struct ir_clause *k)
{
	for (const struct inst *i = k->first; i; i = i->next)
		if (i->kind == INST_REJECT ||
		    (i->kind == INST_VERDICT && i->verdict.kind == VERDICT_DROP))
			return true;
	return false;
}

/* A rule of another table at the same hook. */
static const struct ir_clause *elsewhere(struct planner *pl, const struct ir_chain *c)
{
	const struct ir_clause *found = NULL;
	uint32_t n = 0;

	for (const struct ir_chain *o = pl->ir->chains; o; o = o->next)
		if (o->hook && o->table != c->table && o->hook->hook == c->hook->hook)
			for (const struct ir_rule *r = o->rules; r; r = r->next)
				if (r->clauses && plan_counter_of(r->clauses) &&
				    plan_chance(&pl->random, ++n))
					found = r->clauses;
	return found;
}

/* Packets that one table drops and that another one has a rule for: the order of the tables shows.
 */
static void across(struct planner *pl, struct plan_goal *g, const struct ir_chain *c,
		   const struct ir_rule *r)
{
	if (!c->hook || !r->clauses || !plan_counter_of(r->clauses) || !drops(r->clauses))
		return;
	for (unsigned n = 0; n < ACROSS && pl->nout < pl->limit; n++) {
		plan_set_goal(g, c, r, r->clauses);
		g->also = elsewhere(pl, c);
		if (g->also)
			plan_try_goal(pl, g, NULL, TRIES_MISS);
		g->also = NULL;
	}
}

/* Packets for a rule and the next one: their order shows. */
static void pairs(struct planner *pl, struct plan_goal *g, const struct ir_chain *c,
		  const struct ir_rule *r)
{
	if (!r->next || !r->clauses || !r->next->clauses)
		return;
	if (!plan_counter_of(r->clauses) || (!ends(r->clauses) && !ends(r->next->clauses)))
		return;
	plan_set_goal(g, c, r, r->clauses);
	g->also = r->next->clauses;
	plan_try_goal(pl, g, NULL, TRIES_MISS);
	g->also = NULL;
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
				plan_set_goal(g, c, r, k);
				for (unsigned sweep = 0; sweep < SWEEPS; sweep++)
					edges(pl, g, sweep);
			}
	g->misses = false;
}

static bool limited(const struct ir_clause *k)
{
	for (const struct inst *i = k->first; i; i = i->next)
		if (i->kind == INST_LIMIT || i->kind == INST_OBJREF || i->kind == INST_QUOTA)
			return true;
	return false;
}

static void hit(struct planner *pl, struct plan_goal *g)
{
	if (!plan_counter_of(g->clause) || plan_try_goal(pl, g, NULL, TRIES_HIT))
		return;
	if (looks_up(g->clause)) {
		plan_try_again(pl, g);
	} else if (limited(g->clause)) { /* perhaps earlier trials have used it up */
		plan_walk_afresh(pl);
		plan_try_goal(pl, g, NULL, TRIES_HIT);
	}
}

void plan_goals(struct planner *pl)
{
	struct plan_goal *g = ARENA_NEW(pl->arena, struct plan_goal);
	struct plan_laters *later = ARENA_NEW(pl->arena, struct plan_laters);
	uint64_t all = pl->work_max;

	before_limits(pl, g);
	for (unsigned pass = 0; pass <= SWEEPS; pass++) {
		if (pass == 1) {
			plan_kept(pl, g);
			remember(pl);
		}
		pl->later = pass ? later : NULL;
		pl->work_max = pass == 0 ? all / 2 : all / 4 * 3;
		for (const struct ir_chain *c = pl->ir->chains; c; c = c->next)
			for (const struct ir_rule *r = c->rules; r; r = r->next) {
				if (pl->nout >= pl->limit || pl->work >= pl->work_max)
					break;
				for (const struct ir_clause *k = r->clauses; k; k = k->next) {
					plan_set_goal(g, c, r, k);
					if (pass && c->helper && !r->rule)
						helper_edges(pl, g, c, k, pass - 1);
					else if (pass)
						edges(pl, g, pass - 1);
					else
						hit(pl, g);
				}
				if (pass == 1)
					pairs(pl, g, c, r);
				if (pass == 2)
					across(pl, g, c, r);
			}
	}
	pl->work_max = all;
	pl->later = later;
	again(pl, g);
}
