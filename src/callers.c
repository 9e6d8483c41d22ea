/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * callers: who calls a chain: loops, and hooks at which extensions are legal.
 *
 * As mark_source_chains() of ip_tables.c, which walks from the built-in chains; a rule's extensions
 * are checked against the hooks from which its chain can be reached (xt_check_match()). What stands behind
 * a rule without condition that accepts, drops, queues or returns is not walked: it may jump in loops, and
 * hold extensions that are not for its hook.
 */
#include "ruleset.h"

#include <string.h>
#include "ext.h"

struct walk {
	struct ruleset *rs;
	struct chain **order; /* callers first */
	uint32_t n;
};

/* Per chain while checking: its rules up to one that ends the way of every packet, callers not yet
 * placed, and the hooks that lead here. */
struct chain_mark {
	uint32_t live;
	uint32_t callers;
	unsigned hooks;
	unsigned dead_hooks; /* those that lead here through rules that no packet gets to, too */
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

/* unconditional() of ip_tables.c, and a verdict of its own. An interface of "+" is a condition there. */
static bool ends_all(const struct rule_spec *s)
{
	static const struct addr any;

	return s->target >= TARGET_ACCEPT && s->target <= TARGET_QUEUE && !s->nmatches && !s->proto &&
	       !s->fragment && !s->in.given && !s->out.given && !s->src.invert && !s->dst.invert &&
	       !memcmp(&s->src.mask, &any, sizeof(any)) && !memcmp(&s->dst.mask, &any, sizeof(any));
}

static uint32_t live_rules(const struct chain *c)
{
	uint32_t i = 0;

	if (!c->jumps && !c->choosy)
		return c->nrules;
	while (i < c->nrules && !ends_all(c->rules[i]->spec))
		i++;
	return i < c->nrules ? i + 1 : i;
}

static bool order_chains(struct walk *w, struct table *t)
{
	w->order = arena_array(w->rs->arena, t->nchains, sizeof(struct chain *));
	w->n = 0;
	for (struct chain *c = t->chains; c; c = c->next) {
		c->mark = ARENA_NEW(w->rs->arena, struct chain_mark);
		mark_of(c)->hooks = c->hook >= 0 ? 1u << c->hook : 0;
		mark_of(c)->dead_hooks = mark_of(c)->hooks;
		mark_of(c)->live = live_rules(c);
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
			if (i < mark_of(w->order[k])->live)
				mark_of(to)->hooks |= mark_of(w->order[k])->hooks;
			mark_of(to)->dead_hooks |= mark_of(w->order[k])->dead_hooks;
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

/* Leave out what is behind a chain's last live rule; the whole chain when nothing leads to it. */
static bool leave_out(struct walk *w, struct table *t, struct chain *c)
{
	uint32_t keep = mark_of(c)->reached ? mark_of(c)->live : 0;

	if (keep == c->nrules)
		return false;
	if (keep)
		diag_add(w->rs->diags, IPTC2NFT_SEV_WARNING, c->rules[keep]->at,
			 "no packet gets here, and there are loops of such: the rest of chain '%s' is left out",
			 c->name);
	else
		diag_add(w->rs->diags, IPTC2NFT_SEV_WARNING, c->at,
			 "chain '%s' is never reached, and in a loop of such: it is left empty", c->name);
	t->nrules -= c->nrules - keep;
	c->nrules = keep;
	return true;
}

/* The kernel looks for loops among live rules only. Elsewhere they are of no consequence, but
 * nothing here could walk them: such rules are left out. */
static bool drop_unreached_loops(struct walk *w, struct table *t)
{
	bool dropped = false;

	w->n = 0;
	for (struct chain *c = t->chains; c; c = c->next)
		if (c->hook >= 0)
			reach(w, c);
	for (uint32_t k = 0; k < w->n; k++)
		for (uint32_t i = 0; i < mark_of(w->order[k])->live; i++)
			if (w->order[k]->rules[i]->spec->target_chain)
				reach(w, w->order[k]->rules[i]->spec->target_chain);
	for (struct chain *c = t->chains; c; c = c->next)
		if (mark_of(c)->reached ? c->jumps : mark_of(c)->callers > 0)
			dropped |= leave_out(w, t, c);
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

/* @live: packets get to the rule, so that iptables looks too. nft looks everywhere. */
static void check_hooks(struct ruleset *rs, struct chain *c, struct ext_use *u, bool live)
{
	const struct ext *e = u->ext;
	unsigned allowed = e->hooks ? e->hooks : ~0u;
	unsigned narrowed = e->use_hooks ? e->use_hooks(u) : 0, wrong;

	if (narrowed)
		allowed &= narrowed;
	wrong = live ? mark_of(c)->hooks & ~allowed : 0;
	u->dead_hook = !wrong && (mark_of(c)->dead_hooks & ~allowed);
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
				struct rule_spec *s = c->rules[i]->spec;
				bool live = i < mark_of(c)->live;

				for (unsigned m = 0; m < s->nmatches; m++)
					check_hooks(rs, c, &s->matches[m], live);
				if (s->target == TARGET_EXT)
					check_hooks(rs, c, &s->ext_target, live);
			}
		}
	}
}
