/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "notable.h"

#include "long.h"
#include "lower.h"
#include "unjoin.h"

struct ir_notable {
	struct ir_notable *next;
	struct ir_chain *chain;
	struct ir_rule *rule;
	unsigned what;
};

/* thin_sets() makes several tests of one, inequalities among them. */
static unsigned notable(const struct ir_clause *k)
{
	if (needs_sets(k))
		return NOTABLE_SETS | NOTABLE_JOINS | NOTABLE_LONG;
	return (may_be_joined(k) ? NOTABLE_JOINS : 0) | (is_long(k) ? NOTABLE_LONG : 0);
}

void ir_note_more(struct ir *ir, const struct ir_notables *more)
{
	if (!more->first)
		return;
	if (ir->notables.first)
		ir->notables.last->next = more->first;
	else
		ir->notables.first = more->first;
	ir->notables.last = more->last;
}

void ir_note(struct ir *ir, const struct ir_chain *c, struct ir_rule *r)
{
	struct ir_notable *n;
	unsigned what = 0;

	for (const struct ir_clause *k = c->src ? r->clauses : NULL; k; k = k->next)
		what |= notable(k);
	if (!what)
		return;
	n = ARENA_NEW(ir->arena, struct ir_notable);
	n->chain = c->src->ir;
	n->rule = r;
	n->what = what;
	ir_note_more(ir, &(struct ir_notables){ n, n });
}

void ir_each_notable(struct ir *ir, unsigned what,
		     bool (*f)(struct ir *ir, struct ir_chain *c, struct ir_rule *r, void *arg),
		     void *arg)
{
	for (const struct ir_notable *n = ir->notables.first; n; n = n->next)
		if (n->what & what && !f(ir, n->chain, n->rule, arg))
			return;
	for (struct ir_chain *c = ir->chains; c; c = c->next)
		for (struct ir_rule *r = c->src ? NULL : c->rules; r; r = r->next)
			if (!f(ir, c, r, arg))
				return;
}
