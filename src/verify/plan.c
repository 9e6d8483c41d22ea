/* SPDX-License-Identifier: GPL-2.0-or-later */
/* plan: the host, the goals, the share of chance, and at last one run of it all to see what it hits. */
#include "verify/draws.h"
#include "verify/plan_make.h"

#define PACKETS_LEAST 1500
#define PACKETS_MOST  30000
#define PACKETS_RULE  20
#define WORK_MAX      14000000u /* rules looked at while planning: a few seconds */

static void note_caller(struct planner *pl, struct plan_caller **list, const struct ir_chain *c,
			const struct ir_rule *r, const struct ir_clause *k)
{
	struct plan_caller *n = ARENA_NEW(pl->arena, struct plan_caller);

	*n = (struct plan_caller){ .next = *list, .chain = c, .rule = r, .clause = k };
	*list = n;
}

static bool has_effect(const struct ir_clause *k)
{
	for (const struct inst *i = k->first; i; i = i->next)
		if (i->kind == INST_NOTRACK || i->kind == INST_NAT ||
		    (i->kind == INST_ASSIGN && (i->assign.dst.field == FIELD_META_MARK ||
						i->assign.dst.field == FIELD_CT_MARK)))
			return true;
	return false;
}

static void note_accept(struct planner *pl, const struct ir_chain *c, const struct ir_rule *r,
			const struct ir_clause *k)
{
	unsigned hooks = c->src ? chain_hooks(c->src) : 0;

	for (unsigned h = 0; h < HOOK_COUNT; h++)
		if (hooks >> h & 1)
			note_caller(pl, &pl->accepts[h * TABLE_COUNT + c->table], c, r, k);
}

static void index_clause(struct planner *pl, const struct ir_chain *c, const struct ir_rule *r,
			 const struct ir_clause *k)
{
	bool counted = false;

	for (const struct inst *i = k->first; i; i = i->next) {
		counted |= i->kind == INST_COUNTER;
		pl->options |= counted && i->kind == INST_NEED_HEADER && i->need_header.options;
	}
	if (has_effect(k))
		note_caller(pl, &pl->effects, c, r, k);
	for (const struct inst *i = k->first; i; i = i->next) {
		if (i->kind != INST_VERDICT)
			continue;
		if (i->verdict.chain)
			note_caller(pl, &pl->callers[i->verdict.chain->id], c, r, k);
		else if (i->verdict.kind == VERDICT_ACCEPT)
			note_accept(pl, c, r, k);
	}
}

static void index_rules(struct planner *pl)
{
	pl->callers = arena_array(pl->arena, pl->ir->nchains + 1u, sizeof(struct plan_caller *));
	pl->accepts = arena_array(pl->arena, HOOK_COUNT * TABLE_COUNT, sizeof(struct plan_caller *));
	pl->hits = arena_array(pl->arena, pl->ir->nchains + 1u, sizeof(uint32_t *));
	for (const struct ir_chain *c = pl->ir->chains; c; c = c->next) {
		pl->hits[c->id] = arena_array(pl->arena, c->nrules + 2u, sizeof(uint32_t));
		for (const struct ir_rule *r = c->rules; r; r = r->next)
			for (const struct ir_clause *k = r->clauses; k; k = k->next)
				index_clause(pl, c, r, k);
	}
}

static uint32_t packets_wanted(const struct ir *ir, const struct verify_wish *w)
{
	uint32_t n = ir->nrules > PACKETS_MOST / PACKETS_RULE ? PACKETS_MOST : ir->nrules * PACKETS_RULE;

	if (w->packets)
		return w->packets;
	return n < PACKETS_LEAST ? PACKETS_LEAST : n;
}

/* The packet opens a connection whose port is drawn: by which rule? */
static uint32_t draw_of(struct planner *pl, struct verify_plan *out, uint32_t *cap)
{
	for (unsigned m = 0; m < pl->watch.nmatched; m++) {
		const struct inst_nat *n = draws_of(pl->watch.matched[m].counter);
		uint32_t i = 0;

		if (!n)
			continue;
		while (i < out->ndraws && out->draws[i].rule != pl->watch.matched[m].rule)
			i++;
		if (i == out->ndraws) {
			out->draws = arena_grow(pl->arena, out->draws, out->ndraws, cap, sizeof(*out->draws));
			out->draws[out->ndraws++] = (struct verify_draw){
				.rule = pl->watch.matched[m].rule,
				.source = n->kind == NAT_SNAT || n->kind == NAT_MASQUERADE,
				.bounded = n->has_port, .lo = n->port_lo, .hi = n->port_hi };
		}
		return i + 1;
	}
	return 0;
}

/* A new simulation for the whole plan: the trials have left connections and limits behind. */
static void rehearse(struct planner *pl, struct verify_plan *out)
{
	uint32_t cap = 0;

	plan_walk_afresh(pl);
	pl->counting = true;
	for (uint32_t i = 0; i < pl->nout; i++) {
		plan_watch_start(pl);
		plan_walk(pl, &pl->out[i], true);
		pl->out[i].draw = draw_of(pl, out, &cap);
	}
}

static void report_chain(const struct planner *pl, const struct ir_chain *c, struct verify_plan *out)
{
	uint32_t n = 1;

	if (!chain_hooks(c->src)) {
		out->nunreachable += c->nrules;
		return;
	}
	for (const struct ir_rule *r = c->rules; r; r = r->next, n++) {
		out->nrules++;
		if (pl->hits[c->id][n])
			out->nhit++;
		else if (r->rule)
			out->unhit[out->nunhit++] = r->rule;
	}
}

static void report(struct planner *pl, struct verify_plan *out)
{
	out->unhit = arena_array(pl->arena, pl->ir->nrules + 1u, sizeof(*out->unhit));
	for (const struct ir_chain *c = pl->ir->chains; c; c = c->next)
		if (c->src)
			report_chain(pl, c, out);
}

static void free_trials(void *trials)
{
	arena_free(trials);
}

bool verify_plan_make(struct arena *a, struct diags *d, const struct ir *ir,
		      const struct verify_wish *w, struct verify_plan *out)
{
	struct planner *pl = ARENA_NEW(a, struct planner);
	uint32_t all = packets_wanted(ir, w);

	*pl = (struct planner){ .arena = a, .ir = ir, .family = ir->family, .work_max = WORK_MAX };
	pl->edges.arena = a;
	pl->abytes = family_bytes(pl->family);
	pl->random.state = w->seed;
	pl->next_id = 1;
	*out = (struct verify_plan){ .arena = a };
	if (!plan_host(pl, d, w))
		return false;
	index_rules(pl);
	arena_init(&pl->trials);
	arena_defer(a, free_trials, &pl->trials);
	plan_walk_afresh(pl);
	pl->limit = all - all / 5;
	pl->grows = !w->packets;
	plan_seeds(pl);
	plan_goals(pl);
	all += pl->limit - (all - all / 5);
	plan_wild(pl, all > pl->nout ? all / 5 + (all - pl->nout) / 4 : all / 5);
	if (pl->nout > all)
		pl->nout = all;
	rehearse(pl, out);
	report(pl, out);
	arena_free(&pl->trials);
	arena_init(&pl->trials);
	out->host = pl->host;
	out->packets = pl->out;
	out->npackets = pl->nout;
	return true;
}
