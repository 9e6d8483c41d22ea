/* SPDX-License-Identifier: GPL-2.0-or-later */
/* plan_try: a goal, tried with one packet after the other until the simulation says that one gets
 * there. */
#include "verify/plan_goal.h"

#include <netinet/in.h>

#define TRIES_RELATED 8
#define AGAIN	      30    /* times that a packet is sent for what rules remember */
#define TRIALS_MAX    20000 /* packets of one simulation: its connections take memory */

void plan_set_goal(struct plan_goal *g, const struct ir_chain *c, const struct ir_rule *r,
		   const struct ir_clause *k)
{
	g->steps[0] = (struct plan_step){ c, r, k };
	g->rule = r;
	g->clause = k;
	g->focus = NULL;
	g->miss = false;
	g->cut = 0;
}

uint32_t plan_line_of(struct planner *pl, const struct ir_rule *r)
{
	struct place at;

	return r->rule && diag_place(pl->ir->diags, r->rule->at, &at) ? at.line : 0;
}

const struct inst *plan_counter_of(const struct ir_clause *k)
{
	for (const struct inst *i = k->first; i; i = i->next)
		if (i->kind == INST_COUNTER)
			return i;
	return NULL;
}

static bool reached(const struct planner *pl, const struct plan_goal *g)
{
	if ((g->focus && g->focus->kind == INST_NEED_HEADER) || (g->cut && !g->miss))
		return pl->watch.last == g->rule || pl->watch.looked || pl->watch.hit;
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

static void keep(struct planner *pl, const struct plan_goal *g, const struct plan_draft *d)
{
	if (d->mode == MODE_FRESH && !pl->watch.dropped && !d->comes_back) {
		if (pl->npassed == pl->passed_cap)
			pl->passed = arena_grow(pl->arena, pl->passed, pl->npassed, &pl->passed_cap,
						sizeof(*pl->passed));
		pl->passed[pl->npassed++] = pl->nout;
	}
	plan_keep(pl, &pl->shot, plan_line_of(pl, g->rule));
}

/* ICMP errors about connections that were let through before. */
static bool try_related(struct planner *pl, struct plan_goal *g, const struct plan_draft *d)
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
		if (n % 2 && d->in)
			plan_error_from(pl, &s->p[1], s->bytes[1], d->in, &d->src);
		if ((s->p[1].in == NULL) != d->local)
			continue;
		if (fire(pl) == 1 && reached(pl, g)) {
			keep(pl, g, d);
			return true;
		}
	}
	return false;
}

static void begin(struct planner *pl, struct plan_goal *g, const struct value *choice)
{
	plan_want_goal(pl, g);
	if (choice)
		plan_want_choice(&g->wants, g->focus, choice);
}

bool plan_try_goal(struct planner *pl, struct plan_goal *g, const struct value *choice,
		   unsigned tries)
{
	struct plan_draft d;
	bool fresh = true;
	unsigned hopeless = 0;

	pl->watch.counter = g->miss && !g->frag ? NULL : plan_counter_of(g->clause);
	pl->watch.focus = g->miss ? g->focus : NULL;
	pl->watch.rule = g->rule;
	for (unsigned n = 0; n < tries && pl->work < pl->work_max; n++) {
		unsigned at;

		if (fresh) {
			g->nsteps = 1;
			if (!plan_find_way(pl, g))
				return false;
			g->all = g->strict || n < tries - 1;
			g->tried = n > 0;
			begin(pl, g, choice);
			if (!plan_solve(pl, &g->wants, plan_goal_hook(g), &d)) {
				pl->work += 5;
				if (++hopeless > tries / 2)
					return false;
				continue;
			}
		}
		d.cut = g->cut;
		d.broken = g->broken;
		d.proto = g->none ? IPPROTO_NONE : d.proto;
		d.frag = g->frag;
		d.words = g->words;
		d.sport = g->nowhere ? 0 : d.sport;
		plan_shoot(pl, &d, &pl->shot);
		at = fire(pl);
		if (at + 1 == pl->shot.n && reached(pl, g)) {
			keep(pl, g, &d);
			return true;
		}
		if (d.mode == MODE_RELATED && n % 4 == 0 && try_related(pl, g, &d))
			return true;
		fresh = !plan_repair(pl, g, at, &d);
	}
	return false;
}

/* A rule that looks up what packets have left is hit by the second or a later one of the same kind.
 */
bool plan_try_again(struct planner *pl, struct plan_goal *g)
{
	struct plan_draft d;

	g->nsteps = 1;
	if (!plan_find_way(pl, g))
		return false;
	begin(pl, g, NULL);
	if (!plan_solve(pl, &g->wants, plan_goal_hook(g), &d))
		return false;
	plan_shoot(pl, &d, &pl->shot);
	for (unsigned n = 0; n < AGAIN; n++) {
		unsigned at = fire(pl);

		if (at + 1 == pl->shot.n && reached(pl, g)) {
			for (; n > 0; n--)
				plan_keep(pl, &pl->shot, plan_line_of(pl, g->rule));
			keep(pl, g, &d);
			return true;
		}
	}
	return false;
}
