/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * plan_aim: packets for every rule: to be hit, and to be missed by each of its tests, at the tests' edges.
 */
#include "verify/plan_make.h"

#define TRIES_HIT  20 /* packets that are tried for a goal */
#define TRIES_MISS 4
#define TRIES_RELATED 8
#define REPAIRS    5
#define CUTS       6
#define AGAIN      30 /* times that a packet is sent for what rules remember */
#define EDGES_MAX  24
#define TRIALS_MAX 20000 /* packets of one simulation: its connections take memory */
#define SEEDS      16    /* packets that no rule asks for, at each hook */

struct goal {
	struct plan_step steps[PLAN_STEPS_MAX]; /* from the clause up to the base chain */
	unsigned nsteps;
	const struct ir_rule *rule;
	const struct ir_clause *clause;
	const struct inst *focus; /* the test whose value is chosen, or NULL */
	bool miss;
	bool all;                 /* missed by nothing but the focus */
	bool misses;              /* no hits are wanted: they would use a limit up */
	uint16_t cut;             /* see struct plan_draft */
	struct plan_wants wants;
};

static void want_range(struct plan_wants *w, const struct operand *o, const struct value *lo,
		       const struct value *hi)
{
	if (w->n < PLAN_WANTS_MAX)
		w->w[w->n++] = (struct plan_want){ .on = o, .lo = *lo, .hi = *hi, .hold = true };
}

/* One of the set's elements; @edge: at one of its ends. */
static void want_element(struct planner *pl, struct plan_wants *w, const struct inst_lookup *l)
{
	const struct set_element *e;

	if (l->invert || !l->set->nelements)
		return;
	e = &l->set->elements[plan_below(&pl->random, l->set->nelements)];
	for (unsigned k = 0; k < l->nkey; k++)
		want_range(w, &l->key[k], &e->key[k].lo, &e->key[k].hi);
}

static void want_test(struct plan_wants *w, const struct inst_test *t, bool hold)
{
	if (w->n < PLAN_WANTS_MAX)
		w->w[w->n++] = (struct plan_want){ .on = &t->lhs, .test = t, .hold = hold };
}

/* What a clause asks, up to @end. */
static void want_clause(struct planner *pl, struct plan_wants *w, const struct ir_clause *k,
			const struct inst *end)
{
	for (const struct inst *i = k->first; i && i != end; i = i->next)
		if (i->kind == INST_TEST)
			want_test(w, &i->test, true);
		else if (i->kind == INST_LOOKUP)
			want_element(pl, w, &i->lookup);
}

/* A way from a base chain to the goal, each caller as likely. false: nothing leads there. */
static bool find_way(struct planner *pl, struct goal *g)
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
		g->steps[g->nsteps++] = (struct plan_step){ found->chain, found->rule, found->clause };
		c = found->chain;
	}
	return true;
}

static enum hook_id hook_of(const struct goal *g)
{
	return g->steps[g->nsteps - 1].chain->hook->hook;
}

/* An effect that makes @w hold: a rule before it that writes the mark, or stops tracking. */
static bool makes(const struct plan_caller *e, const struct plan_want *w)
{
	for (const struct inst *i = e->clause->first; i; i = i->next) {
		struct value v = { { 0 } };

		if (i->kind == INST_NOTRACK && w->on->field == FIELD_CT_STATE) {
			v = value_num(PACKET_STATE_UNTRACKED, 4);
			return plan_want_value(w, &v);
		}
		if (i->kind == INST_NAT && w->on->field == FIELD_CT_STATUS) {
			bool src = i->nat.kind == NAT_SNAT || i->nat.kind == NAT_MASQUERADE;

			v = value_num(src ? 16 : 32, 4);
			return plan_want_value(w, &v);
		}
		if (i->kind != INST_ASSIGN || i->assign.dst.field != w->on->field)
			continue;
		if (i->assign.from == ASSIGN_VALUE)
			v = i->assign.value;
		else if (i->assign.from == ASSIGN_OPERAND && i->assign.src.field == w->on->field) {
			const struct operand *o = &i->assign.src;

			for (unsigned k = 0; k < o->nxf; k++)
				if (o->xf[k].op == XFORM_XOR)
					for (unsigned b = 0; b < 4; b++)
						v.b[b] ^= o->xf[k].value.b[b];
		}
		return plan_want_value(w, &v);
	}
	return false;
}

static bool can_precede(const struct plan_caller *e, enum hook_id hook)
{
	unsigned hooks = e->chain->src ? chain_hooks(e->chain->src) : ~0u;

	switch (hook) {
	case HOOK_PREROUTING: return hooks & IN_HOOK(PREROUTING);
	case HOOK_INPUT: return hooks & (IN_HOOK(PREROUTING) | IN_HOOK(INPUT));
	case HOOK_FORWARD: return hooks & (IN_HOOK(PREROUTING) | IN_HOOK(FORWARD));
	case HOOK_OUTPUT: return hooks & IN_HOOK(OUTPUT);
	case HOOK_POSTROUTING:
	case HOOK_COUNT: break;
	}
	return hooks != IN_HOOK(INPUT);
}

/* Marks of packets and connections come from other rules: aim at one of these too. */
static void want_effects(struct planner *pl, struct goal *g)
{
	unsigned n = g->wants.n;

	for (unsigned i = 0; i < n; i++) {
		const struct plan_want *w = &g->wants.w[i];
		const struct plan_caller *found = NULL;
		struct value zero = { { 0 } };
		uint32_t seen = 0;
		struct goal way = { .nsteps = 1 };

		if (w->on->field != FIELD_META_MARK && w->on->field != FIELD_CT_MARK &&
		    w->on->field != FIELD_CT_STATUS && w->on->field != FIELD_CT_STATE)
			continue;
		if (w->on->field != FIELD_CT_STATE && plan_want_value(w, &zero))
			continue;
		if (w->on->field == FIELD_CT_STATE && !plan_chance(&pl->random, 3))
			continue;
		for (const struct plan_caller *e = pl->effects; e; e = e->next)
			if (can_precede(e, hook_of(g)) && makes(e, w) && plan_chance(&pl->random, ++seen))
				found = e;
		if (!found)
			continue;
		way.steps[0] = (struct plan_step){ found->chain, found->rule, found->clause };
		if (!find_way(pl, &way))
			continue;
		for (unsigned s = 0; s < way.nsteps; s++)
			want_clause(pl, &g->wants, way.steps[s].clause, NULL);
	}
	/* Fields that only rules can make are not the solver's. */
	n = 0;
	for (unsigned i = 0; i < g->wants.n; i++) {
		const struct plan_want *w = &g->wants.w[i];
		struct value untracked = value_num(PACKET_STATE_UNTRACKED, 4);

		if (w->on->field == FIELD_CT_STATE && plan_want_value(w, &untracked) &&
		    !plan_want_value(w, &(struct value){ { 0, 0, 0, PACKET_STATE_NEW } }))
			continue;
		g->wants.w[n++] = *w;
	}
	g->wants.n = n;
}

/* What the clause asks after @focus: the bytes as they would have to be, so that nothing else fails. */
static void want_others(struct planner *pl, struct plan_wants *w, const struct inst *focus)
{
	unsigned from = w->n;

	for (const struct inst *i = focus->next; i; i = i->next)
		if (i->kind == INST_TEST)
			want_test(w, &i->test, true);
		else if (i->kind == INST_LOOKUP)
			want_element(pl, w, &i->lookup);
	if (focus->kind == INST_TEST && field_table[focus->test.lhs.field].type == TYPE_PROTO)
		for (; from < w->n; from++)
			w->w[from].bytes = true;
}

static void want_goal(struct planner *pl, struct goal *g)
{
	g->wants.n = 0;
	want_clause(pl, &g->wants, g->clause, g->miss ? g->focus : NULL);
	if (g->miss && g->all)
		want_others(pl, &g->wants, g->focus);
	for (unsigned i = 1; i < g->nsteps; i++)
		want_clause(pl, &g->wants, g->steps[i].clause, NULL);
	want_effects(pl, g);
}

static void want_choice(struct plan_wants *w, const struct inst_test *t, bool hold,
			const struct value *choice)
{
	if (w->n == PLAN_WANTS_MAX)
		w->n--;
	w->w[w->n++] = (struct plan_want){ .on = &t->lhs, .test = t, .hold = hold, .chosen = true,
					   .choice = *choice };
}

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

static bool on_way(const struct goal *g, const struct ir_clause *k)
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
	want_test(w, t, hold);
	w->w[w->n - 1].reverse = reverse;
}

/* Something else caught the packet: ask for the opposite of one of that rule's tests. */
static bool avoid_blocker(struct planner *pl, struct goal *g, bool reverse)
{
	const struct plan_watch *w = &pl->watch;
	const struct inst_test *found = NULL;
	uint32_t n = 0;

	/* The rule that ended it, and the jumps that led there. */
	for (unsigned i = w->nmatched, back = 0; i-- > 0 && back < 4; back++) {
		const struct ir_clause *k =
			matched_clause(w->matched[i].chain, w->matched[i].rule, w->matched[i].counter);

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
static bool by_accept(struct planner *pl, struct goal *g, bool opener, bool reverse)
{
	const struct plan_watch *w = &pl->watch;
	const struct plan_caller *found = NULL;
	uint32_t n = 0;
	unsigned from = g->wants.n;
	struct goal way = { .nsteps = 1 };

	for (unsigned t = 0; t < TABLE_COUNT; t++)
		for (const struct plan_caller *a = pl->accepts[w->hook * TABLE_COUNT + t]; a; a = a->next)
			if ((!opener || accepts_new(a->clause)) && plan_chance(&pl->random, ++n))
				found = a;
	if (!found)
		return false;
	way.steps[0] = (struct plan_step){ found->chain, found->rule, found->clause };
	if (!find_way(pl, &way))
		return false;
	for (unsigned s = 0; s < way.nsteps; s++)
		want_clause(pl, &g->wants, way.steps[s].clause, NULL);
	n = from;
	for (unsigned i = from; i < g->wants.n; i++) {
		g->wants.w[i].reverse = reverse;
		if (!opener || g->wants.w[i].on->field != FIELD_CT_STATE)
			g->wants.w[n++] = g->wants.w[i];
	}
	g->wants.n = n;
	return true;
}

static uint32_t line_of(struct planner *pl, const struct ir_rule *r)
{
	struct place at;

	return r->rule && diag_place(pl->ir->diags, r->rule->at, &at) ? at.line : 0;
}

static const struct inst *counter_of(const struct ir_clause *k)
{
	for (const struct inst *i = k->first; i; i = i->next)
		if (i->kind == INST_COUNTER)
			return i;
	return NULL;
}

static bool reached(const struct planner *pl, const struct goal *g)
{
	if (g->focus && g->focus->kind == INST_NEED_HEADER)
		return pl->watch.last == g->rule || pl->watch.looked;
	if (!g->miss)
		return pl->watch.hit;
	return g->rule->clauses->next ? pl->watch.looked : pl->watch.missed;
}

/* Send the shot into the simulation; returns the packet that did not pass or is the last. */
static unsigned fire(struct planner *pl)
{
	unsigned i = 0;

	pl->ntrials += pl->shot.n;
	if (pl->ntrials > TRIALS_MAX)
		plan_walk_afresh(pl);
	for (;; i++) {
		plan_watch_start(pl);
		plan_walk(pl, &pl->shot.p[i], true);
		if (i + 1 == pl->shot.n || pl->watch.dropped)
			return i;
	}
}

static void keep(struct planner *pl, const struct goal *g, const struct plan_draft *d)
{
	if (d->mode == MODE_FRESH && !pl->watch.dropped && !d->comes_back) {
		if (pl->npassed == pl->passed_cap)
			pl->passed = arena_grow(pl->arena, pl->passed, pl->npassed, &pl->passed_cap,
						sizeof(*pl->passed));
		pl->passed[pl->npassed++] = pl->nout;
	}
	plan_keep(pl, &pl->shot, line_of(pl, g->rule));
}

/* What did not pass as it should, asked for in another way; the new draft, or false. */
static bool repair(struct planner *pl, struct goal *g, unsigned at, struct plan_draft *d)
{
	bool opener = at + 1 < pl->shot.n;
	bool reverse = opener && (d->mode == MODE_FOLLOW ? at == 1 : true);
	unsigned n = g->wants.n;

	for (unsigned k = 0; k < REPAIRS; k++) {
		bool asked = pl->watch.policy && !plan_chance(&pl->random, 4)
				     ? by_accept(pl, g, opener, reverse)
				     : avoid_blocker(pl, g, reverse);

		if (!asked && pl->watch.dropped)
			asked = by_accept(pl, g, opener, reverse);
		pl->work += 3;
		if (asked && plan_solve(pl, &g->wants, hook_of(g), d))
			return true;
		g->wants.n = n;
	}
	return false;
}

/* ICMP errors about connections that were let through before. */
static bool try_related(struct planner *pl, struct goal *g, const struct plan_draft *d)
{
	bool v6 = pl->family == FAMILY_IPV6;
	uint8_t type = v6 ? 1 : 3, code = v6 ? 4 : 3;

	for (unsigned i = 0; i < d->npatches; i++)
		if (d->patches[i].base == BASE_TH && d->patches[i].bits == 8)
			*(d->patches[i].off ? &code : &type) = d->patches[i].v.b[0];
	for (unsigned n = 0; n < TRIES_RELATED && pl->npassed; n++) {
		uint32_t at = pl->passed[plan_below(&pl->random, pl->npassed)];
		struct plan_shot *s = &pl->shot;

		s->n = 2;
		s->p[0] = pl->out[at];
		plan_error(pl, &s->p[0], type, code, &s->p[1], s->bytes[1]);
		s->p[1].bytes = s->bytes[1];
		if ((s->p[1].in == NULL) != d->local)
			continue;
		if (fire(pl) == 1 && reached(pl, g)) {
			keep(pl, g, d);
			return true;
		}
	}
	return false;
}

static void begin(struct planner *pl, struct goal *g, const struct value *choice)
{
	want_goal(pl, g);
	if (choice)
		want_choice(&g->wants, &g->focus->test, !g->miss, choice);
}

static bool try_goal(struct planner *pl, struct goal *g, const struct value *choice, unsigned tries)
{
	struct plan_draft d;
	bool fresh = true;
	unsigned hopeless = 0;

	pl->watch.counter = g->miss ? NULL : counter_of(g->clause);
	pl->watch.focus = g->miss ? g->focus : NULL;
	pl->watch.rule = g->rule;
	for (unsigned n = 0; n < tries && pl->work < pl->work_max; n++) {
		unsigned at;

		if (fresh) {
			g->nsteps = 1;
			if (!find_way(pl, g))
				return false;
			g->all = n % 2 == 0;
			begin(pl, g, choice);
			if (!plan_solve(pl, &g->wants, hook_of(g), &d)) {
				pl->work += 5;
				if (++hopeless > tries / 2)
					return false;
				continue;
			}
		}
		d.cut = g->cut;
		plan_shoot(pl, &d, &pl->shot);
		at = fire(pl);
		if (at + 1 == pl->shot.n && reached(pl, g)) {
			keep(pl, g, &d);
			return true;
		}
		if (d.mode == MODE_RELATED && n % 4 == 0 && try_related(pl, g, &d))
			return true;
		fresh = !repair(pl, g, at, &d);
	}
	return false;
}

/* A rule that looks up what packets have left is hit by the second or a later one of the same kind. */
static bool try_again(struct planner *pl, struct goal *g)
{
	struct plan_draft d;

	g->nsteps = 1;
	if (!find_way(pl, g))
		return false;
	begin(pl, g, NULL);
	if (!plan_solve(pl, &g->wants, hook_of(g), &d))
		return false;
	plan_shoot(pl, &d, &pl->shot);
	for (unsigned n = 0; n < AGAIN; n++) {
		unsigned at = fire(pl);

		if (at + 1 == pl->shot.n && reached(pl, g)) {
			for (; n > 0; n--)
				plan_keep(pl, &pl->shot, line_of(pl, g->rule));
			keep(pl, g, &d);
			return true;
		}
	}
	return false;
}

static bool looks_up(const struct ir_clause *k)
{
	for (const struct inst *i = k->first; i; i = i->next)
		if ((i->kind == INST_LOOKUP && !i->lookup.set->nelements && !i->lookup.invert) ||
		    i->kind == INST_DYNSET || i->kind == INST_CONNLIMIT)
			return true;
	return false;
}

static void set_goal(struct goal *g, const struct ir_chain *c, const struct ir_rule *r,
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
static void cuts(struct planner *pl, struct goal *g, const struct inst *i)
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
		try_goal(pl, g, NULL, TRIES_MISS);
	}
	/* Cut short, but not for this rule. */
	for (const struct inst *t = g->clause->first; t != i; t = t->next) {
		if (t->kind != INST_TEST)
			continue;
		g->focus = t;
		g->cut = bytes ? bytes : PLAN_BROKEN;
		try_goal(pl, g, NULL, TRIES_MISS);
	}
	g->cut = 0;
}

/* Each edge of each test once, with all other tests holding. */
static void edges(struct planner *pl, struct goal *g)
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
				try_goal(pl, g, x, TRIES_MISS);
		}
		g->focus = i;
		g->miss = true;
		if (!v.n || field_table[i->test.lhs.field].order == ORDER_TEXT)
			try_goal(pl, g, NULL, TRIES_MISS);
	}
}

/* Rules that remember; those that a packet has hit now come first. */
static void remember(struct planner *pl)
{
	for (const struct ir_chain *c = pl->ir->chains; c; c = c->next)
		for (const struct ir_rule *r = c->rules; r; r = r->next)
			for (const struct ir_clause *k = r->clauses; k && r->rule; k = k->next)
				plan_remember(pl, k, line_of(pl, r));
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
static void before_limits(struct planner *pl, struct goal *g)
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
	struct goal *g = ARENA_NEW(pl->arena, struct goal);
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
					else if (counter_of(k) && !try_goal(pl, g, NULL, TRIES_HIT) &&
						 looks_up(k))
						try_again(pl, g);
				}
	}
}
