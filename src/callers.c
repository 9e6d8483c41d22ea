/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * callers: who calls a chain: loops, and hooks at which extensions are legal.
 *
 * As mark_source_chains() of ip_tables.c, which walks from the built-in chains; a rule's extensions
 * are checked against the hooks from which its chain can be reached (xt_check_match()).
 */
#include "ruleset.h"

#include "ext.h"

struct walk {
	struct ruleset *rs;
	struct chain **order; /* callers first */
	uint32_t n;
};

/* Per chain while checking: callers not yet placed, and the hooks that lead here. */
struct chain_mark {
	uint32_t callers;
	unsigned hooks;
	bool reached;
};

static struct chain_mark *mark_of(const struct chain *c)
{
	return c->mark;
}

static void place(struct walk *w, struct chain *c)
{
	w->order[w->n++] = c;
}

static bool order_chains(struct walk *w, struct table *t)
{
	w->order = arena_array(w->rs->arena, t->nchains, sizeof(struct chain *));
	w->n = 0;
	for (struct chain *c = t->chains; c; c = c->next) {
		c->mark = ARENA_NEW(w->rs->arena, struct chain_mark);
		mark_of(c)->hooks = c->hook >= 0 ? 1u << c->hook : 0;
	}
	for (struct chain *c = t->chains; c; c = c->next)
		for (uint32_t i = 0; c->jumps && i < c->nrules; i++)
			if (c->rules[i]->spec->target_chain)
				mark_of(c->rules[i]->spec->target_chain)->callers++;
	for (struct chain *c = t->chains; c; c = c->next)
		if (!mark_of(c)->callers)
			place(w, c);
	for (uint32_t k = 0; k < w->n; k++)
		for (uint32_t i = 0; w->order[k]->jumps && i < w->order[k]->nrules; i++) {
			struct chain *to = w->order[k]->rules[i]->spec->target_chain;

			if (!to)
				continue;
			mark_of(to)->hooks |= mark_of(w->order[k])->hooks;
			if (!--mark_of(to)->callers)
				place(w, to);
		}
	return w->n == t->nchains;
}

static void reach(struct walk *w, struct chain *c)
{
	if (mark_of(c)->reached)
		return;
	mark_of(c)->reached = true;
	place(w, c);
}

/* The kernel looks for loops from the built-in chains only. Elsewhere they are of no consequence, but
 * nothing here could walk them: the chains of such a loop are left empty. */
static bool drop_unreached_loops(struct walk *w, struct table *t)
{
	bool dropped = false;

	w->n = 0;
	for (struct chain *c = t->chains; c; c = c->next)
		if (c->hook >= 0)
			reach(w, c);
	for (uint32_t k = 0; k < w->n; k++)
		for (uint32_t i = 0; i < w->order[k]->nrules; i++)
			if (w->order[k]->rules[i]->spec->target_chain)
				reach(w, w->order[k]->rules[i]->spec->target_chain);
	for (struct chain *c = t->chains; c; c = c->next) {
		if (mark_of(c)->reached || !mark_of(c)->callers || !c->nrules)
			continue;
		diag_add(w->rs->diags, IPTC2NFT_SEV_WARNING, c->at,
			 "chain '%s' is never reached, and in a loop of such: it is left empty", c->name);
		t->nrules -= c->nrules;
		c->nrules = 0;
		dropped = true;
	}
	return dropped;
}

/* Some jump between chains that could not be ordered is part of a loop: report one per table. */
static void report_loop(struct walk *w, struct table *t)
{
	for (struct chain *c = t->chains; c; c = c->next) {
		if (!mark_of(c)->callers)
			continue;
		for (uint32_t i = 0; i < c->nrules; i++) {
			const struct rule_spec *s = c->rules[i]->spec;

			if (s->target_chain && mark_of(s->target_chain)->callers) {
				diag_error(w->rs->diags, s->target_at,
					   "jump to '%s' makes a loop of chains", s->target_chain->name);
				return;
			}
		}
	}
}

static void check_hooks(struct ruleset *rs, struct chain *c, const struct ext_use *u)
{
	const struct ext *e = u->ext;
	unsigned here = mark_of(c)->hooks, wrong = e->hooks ? here & ~e->hooks : 0;
	unsigned narrowed = e->use_hooks ? e->use_hooks(u) : 0;

	if (narrowed)
		wrong |= here & ~narrowed;
	for (unsigned h = 0; h < HOOK_COUNT; h++)
		if (wrong & 1u << h) {
			diag_error(rs->diags, u->at, "%s '%s' is not possible in %s%s",
				   e->kind == EXT_MATCH ? "match" : "target", e->name,
				   c->hook >= 0 ? "" : "a chain called from ", hook_names[h]);
			return;
		}
}

unsigned chain_hooks(const struct chain *c)
{
	return c->mark ? mark_of(c)->hooks : 0;
}

void ruleset_check_callers(struct ruleset *rs)
{
	struct walk w = { .rs = rs };

	for (unsigned t = 0; t < TABLE_COUNT; t++) {
		if (!rs->tables[t].present)
			continue;
		if (!order_chains(&w, &rs->tables[t]) &&
		    (!drop_unreached_loops(&w, &rs->tables[t]) || !order_chains(&w, &rs->tables[t]))) {
			report_loop(&w, &rs->tables[t]);
			continue;
		}
		for (struct chain *c = rs->tables[t].chains; c; c = c->next) {
			c->hooks = mark_of(c)->hooks;
			for (uint32_t i = 0; c->choosy && i < c->nrules; i++) {
				const struct rule_spec *s = c->rules[i]->spec;

				for (unsigned m = 0; m < s->nmatches; m++)
					check_hooks(rs, c, &s->matches[m]);
				if (s->target == TARGET_EXT)
					check_hooks(rs, c, &s->ext_target);
			}
		}
	}
}
