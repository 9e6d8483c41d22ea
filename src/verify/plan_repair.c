/* SPDX-License-Identifier: GPL-2.0-or-later */
/* plan_repair: what did not get to its goal, asked for in another way. */
#include "verify/plan_goal.h"

#define REPAIRS 5

static const struct ir_clause *clause_of(const struct ir_rule *r, const struct inst *counter)
{
	for (const struct ir_clause *k = r->clauses; k; k = k->next)
		for (const struct inst *i = k->first; i; i = i->next)
			if (i == counter)
				return k;
	return NULL;
}

static const struct ir_clause *matched_clause(const struct ir_chain *c, const struct rule *rule,
					      const struct inst *counter)
{
	for (const struct ir_rule *r = c ? c->rules : NULL; r; r = r->next)
		if (r->rule == rule)
			return clause_of(r, counter);
	return NULL;
}

static bool on_way(const struct plan_goal *g, const struct ir_clause *k)
{
	for (unsigned i = 0; i < g->nsteps; i++)
		if (g->steps[i].clause == k)
			return true;
	return false;
}

static bool ends(const struct ir_clause *k)
{
	for (const struct inst *i = k->first; i; i = i->next)
		if (i->kind == INST_VERDICT)
			return i->verdict.kind != VERDICT_RETURN;
	return true;
}

static void want_test_of(struct plan_wants *w, const struct inst_test *t, bool hold, bool reverse)
{
	plan_want_test(w, t, hold);
	w->w[w->n - 1].reverse = reverse;
}

/* It left a chain of the way before it got to the end of it. */
static const struct ir_clause *left_by(const struct plan_watch *w, const struct plan_goal *g)
{
	for (unsigned i = w->nmatched; i-- > 0;)
		for (unsigned s = 0; s < g->nsteps; s++) {
			const struct ir_clause *k;

			if (g->steps[s].chain != w->matched[i].chain)
				continue;
			k = matched_clause(w->matched[i].chain, w->matched[i].rule,
					   w->matched[i].counter);
			if (k && !on_way(g, k) && !ends(k))
				return k;
		}
	return NULL;
}

static bool avoid_return(struct planner *pl, struct plan_goal *g, bool reverse)
{
	const struct ir_clause *k = left_by(&pl->watch, g);
	const struct inst_test *found = NULL;
	uint32_t n = 0;

	for (const struct inst *t = k ? k->first : NULL; t; t = t->next)
		if (t->kind == INST_TEST && plan_chance(&pl->random, ++n))
			found = &t->test;
	if (!found || g->wants.n == PLAN_WANTS_MAX)
		return false;
	want_test_of(&g->wants, found, false, reverse);
	return true;
}

/* Something else caught the packet: ask for the opposite of one of that rule's tests. */
static bool avoid_blocker(struct planner *pl, struct plan_goal *g, bool reverse)
{
	const struct plan_watch *w = &pl->watch;
	const struct inst_test *found = NULL;
	uint32_t n = 0;

	/* The rule that ended it, and the jumps that led there. */
	for (unsigned i = w->nmatched, back = 0; i-- > 0 && back < 4; back++) {
		const struct ir_clause *k = matched_clause(w->matched[i].chain, w->matched[i].rule,
							   w->matched[i].counter);

		if (!k || on_way(g, k) || (back && !ends(k)))
			continue;
		for (const struct inst *t = k->first; t; t = t->next)
			if (t->kind == INST_TEST && plan_chance(&pl->random, ++n))
				found = &t->test;
		if (n && !plan_chance(&pl->random, 4))
			break;
	}
	if (!found || g->wants.n == PLAN_WANTS_MAX)
		return false;
	want_test_of(&g->wants, found, false, reverse);
	return true;
}

/* Does it accept what opens a connection? */
static bool accepts_new(const struct ir_clause *k)
{
	const struct value fresh = value_num(PACKET_STATE_NEW, 4);

	for (const struct inst *i = k->first; i; i = i->next)
		if (i->kind == INST_TEST && i->test.lhs.field == FIELD_CT_STATE &&
		    !plan_test_value(&i->test, &fresh))
			return false;
	return true;
}

/* A policy, or a rule without conditions, dropped it on the way: go by a rule that accepts. */
static bool by_accept(struct planner *pl, struct plan_goal *g, bool opener, bool reverse)
{
	const struct plan_watch *w = &pl->watch;
	const struct plan_caller *found = NULL;
	uint32_t n = 0;
	unsigned from = g->wants.n;
	struct plan_goal way = { .nsteps = 1 };

	for (unsigned t = 0; t < TABLE_COUNT; t++)
		for (const struct plan_caller *a = pl->accepts[w->hook * TABLE_COUNT + t]; a;
		     a = a->next)
			if ((!opener || accepts_new(a->clause)) && plan_chance(&pl->random, ++n))
				found = a;
	if (!found)
		return false;
	way.steps[0] = (struct plan_step){ found->chain, found->rule, found->clause };
	if (!plan_find_way(pl, &way))
		return false;
	for (unsigned s = 0; s < way.nsteps; s++)
		plan_want_clause(pl, &g->wants, way.steps[s].clause, NULL);
	n = from;
	for (unsigned i = from; i < g->wants.n; i++) {
		g->wants.w[i].reverse = reverse;
		if (!opener || g->wants.w[i].on->field != FIELD_CT_STATE)
			g->wants.w[n++] = g->wants.w[i];
	}
	g->wants.n = n;
	return true;
}

static bool leaves(const struct ir_clause *k)
{
	for (const struct inst *i = k->first; i; i = i->next)
		if (i->kind == INST_VERDICT)
			return i->verdict.kind == VERDICT_RETURN ||
			       i->verdict.kind == VERDICT_ACCEPT;
	return false;
}

/* What a chain drops at its end: leave it by a rule before that one. */
static bool by_return(struct planner *pl, struct plan_goal *g, bool reverse)
{
	const struct plan_watch *w = &pl->watch;
	const struct ir_chain *c = w->nmatched ? w->matched[w->nmatched - 1].chain : NULL;
	const struct ir_clause *found = NULL;
	unsigned from = g->wants.n;
	uint32_t n = 0;

	for (const struct ir_rule *r = c ? c->rules : NULL;
	     r && r->rule != w->matched[w->nmatched - 1].rule; r = r->next)
		for (const struct ir_clause *k = r->clauses; k; k = k->next)
			if (leaves(k) && plan_chance(&pl->random, ++n))
				found = k;
	if (!found)
		return false;
	plan_want_clause(pl, &g->wants, found, NULL);
	for (unsigned i = from; i < g->wants.n; i++)
		g->wants.w[i].reverse = reverse;
	return true;
}

/* What did not pass as it should, asked for in another way; the new draft, or false. */
bool plan_repair(struct planner *pl, struct plan_goal *g, unsigned at, struct plan_draft *d)
{
	bool opener = at + 1 < pl->shot.n;
	bool reverse = opener && (d->mode == MODE_FOLLOW ? at == 1 : true);
	unsigned n = g->wants.n;

	for (unsigned k = 0; k < REPAIRS; k++) {
		bool asked = k % 2 == 0 && !opener && avoid_return(pl, g, reverse) ? true
			     : pl->watch.policy && !plan_chance(&pl->random, 4)
				     ? by_accept(pl, g, opener, reverse)
			     : k % 2 && by_return(pl, g, reverse) ? true
								  : avoid_blocker(pl, g, reverse);

		if (!asked && pl->watch.dropped)
			asked = by_accept(pl, g, opener, reverse);
		pl->work += 3;
		if (asked && plan_solve(pl, &g->wants, plan_goal_hook(g), d))
			return true;
		g->wants.n = n;
	}
	return false;
}
