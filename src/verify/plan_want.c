/* SPDX-License-Identifier: GPL-2.0-or-later */
/* plan_want: what has to hold for a goal: the tests of its clause, and of the jumps that lead
 * there. */
#include "verify/plan_goal.h"

static void want_range(struct plan_wants *w, const struct operand *o, const struct value *lo,
		       const struct value *hi)
{
	if (w->n < PLAN_WANTS_MAX)
		w->w[w->n++] = (struct plan_want){ .on = o, .lo = *lo, .hi = *hi, .hold = true };
}

/* One of the set's elements. */
static void want_element(struct planner *pl, struct plan_wants *w, const struct inst_lookup *l)
{
	const struct set_element *e;

	if (l->invert || !l->set->nelements)
		return;
	e = &l->set->elements[plan_below(&pl->random, l->set->nelements)];
	for (unsigned k = 0; k < l->nkey; k++)
		want_range(w, &l->key[k], &e->key[k].lo, &e->key[k].hi);
}

void plan_want_test(struct plan_wants *w, const struct inst_test *t, bool hold)
{
	if (w->n < PLAN_WANTS_MAX)
		w->w[w->n++] = (struct plan_want){ .on = &t->lhs, .test = t, .hold = hold };
}

/* What a clause asks, up to @end. */
void plan_want_clause(struct planner *pl, struct plan_wants *w, const struct ir_clause *k,
		      const struct inst *end)
{
	for (const struct inst *i = k->first; i && i != end; i = i->next)
		if (i->kind == INST_TEST)
			plan_want_test(w, &i->test, true);
		else if (i->kind == INST_LOOKUP)
			want_element(pl, w, &i->lookup);
}

/* A way from a base chain to the goal, each caller as likely. false: nothing leads there. */
bool plan_find_way(struct planner *pl, struct plan_goal *g)
{
	const struct ir_chain *c = g->steps[0].chain;

	while (!c->hook) {
		const struct plan_caller *found = NULL;
		uint32_t n = 0;

		for (const struct plan_caller *p = pl->callers[c->id]; p; p = p->next)
			if (plan_chance(&pl->random, ++n))
				found = p;
		if (!found || g->nsteps == PLAN_STEPS_MAX)
			return false;
		g->steps[g->nsteps++] =
			(struct plan_step){ found->chain, found->rule, found->clause };
		c = found->chain;
	}
	return true;
}

enum hook_id plan_goal_hook(const struct plan_goal *g)
{
	return g->steps[g->nsteps - 1].chain->hook->hook;
}

/* What the clause asks after @focus: the bytes as they would have to be, so that nothing else
 * fails. */
static void want_others(struct planner *pl, struct plan_wants *w, const struct inst *focus)
{
	unsigned from = w->n;

	for (const struct inst *i = focus->next; i; i = i->next)
		if (i->kind == INST_TEST)
			plan_want_test(w, &i->test, true);
		else if (i->kind == INST_LOOKUP)
			want_element(pl, w, &i->lookup);
	if (focus->kind == INST_TEST && field_table[focus->test.lhs.field].type == TYPE_PROTO)
		for (; from < w->n; from++)
			w->w[from].bytes = true;
}

bool plan_twin(const struct inst_test *t, struct inst_test *twin)
{
	static const uint8_t pairs[][2] = {
		{ FIELD_IP_SADDR, FIELD_IP_DADDR },	    { FIELD_IP6_SADDR, FIELD_IP6_DADDR },
		{ FIELD_TCP_SPORT, FIELD_TCP_DPORT },	    { FIELD_UDP_SPORT, FIELD_UDP_DPORT },
		{ FIELD_TH_SPORT, FIELD_TH_DPORT },	    { FIELD_META_SKUID, FIELD_META_SKGID },
		{ FIELD_META_IIFNAME, FIELD_META_OIFNAME },
	};

	*twin = *t;
	for (unsigned k = 0; k < 2 * sizeof(pairs) / sizeof(*pairs); k++)
		if (pairs[k / 2][k % 2] == t->lhs.field) {
			twin->lhs.field = pairs[k / 2][!(k % 2)];
			return true;
		}
	return false;
}

/* One of the addresses, ports and interfaces that are asked for is so in its place only. */
static void want_apart(struct planner *pl, struct plan_goal *g)
{
	unsigned n = 0;

	for (const struct inst *i = g->clause->first; i && i != g->focus; i = i->next) {
		struct inst_test twin;

		if (i->kind == INST_TEST && plan_twin(&i->test, &twin) &&
		    plan_chance(&pl->random, ++n))
			g->apart = twin;
	}
	if (n)
		plan_want_test(&g->wants, &g->apart, false);
}

void plan_want_goal(struct planner *pl, struct plan_goal *g)
{
	g->wants.n = 0;
	plan_want_clause(pl, &g->wants, g->clause, g->miss ? g->focus : NULL);
	/* In a chain of extension headers that is cut short there is nothing else. */
	if (g->miss && g->all &&
	    (g->frag || g->focus->kind != INST_NEED_HEADER || !g->focus->need_header.exthdr))
		want_others(pl, &g->wants, g->focus);
	if (g->also)
		plan_want_clause(pl, &g->wants, g->also, g->focus);
	if (g->twin)
		plan_want_test(&g->wants, g->twin, true);
	else if (!g->tried && !g->nowhere && (!g->miss || g->cut))
		want_apart(pl, g);
	for (unsigned i = 1; i < g->nsteps; i++)
		plan_want_clause(pl, &g->wants, g->steps[i].clause, NULL);
	plan_want_effects(pl, g);
}

void plan_want_choice(struct plan_wants *w, const struct inst *focus, const struct value *choice)
{
	struct plan_want *n;

	if (w->n == PLAN_WANTS_MAX)
		w->n--;
	n = &w->w[w->n++];
	*n = (struct plan_want){ .hold = true, .chosen = true, .choice = *choice };
	if (focus->kind == INST_TEST) {
		n->test = &focus->test;
		n->on = &focus->test.lhs;
		n->hold = plan_test_value(n->test, choice);
	} else { /* what it writes, as it was before: anything */
		n->on = focus->assign.from == ASSIGN_VALUE ? &focus->assign.dst
							   : &focus->assign.src;
		memset(n->hi.b, 0xff, sizeof(n->hi.b));
	}
}
