/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * long: nf_tables takes 128 expressions (NFT_RULE_MAXEXPRS) and 4 KiB of them (struct nft_rule:
 * dlen) in a rule; iptables takes some 60 matches. A rule of more instructions than surely fit goes
 * on in a chain of its own. One that ends in RETURN or goto can't: they mean another thing there.
 */
#include "long.h"

#include "lower.h"
#include "notable.h"

/* An instruction is at most five expressions or 168 bytes: load, bitwise, byteorder, two cmp. */
#define INSTRUCTIONS_MAX 20

/* The last instruction that stays; NULL: all fit. */
static struct inst *last_to_stay(struct ir_clause *k)
{
	struct inst *i = k->first;
	unsigned n = 1;

	for (; i && n < INSTRUCTIONS_MAX - 1; i = i->next)
		n++;
	return i && i->next && i->next->next ? i : NULL;
}

static bool movable(struct ir *ir, const struct inst *i)
{
	while (i->next)
		i = i->next;
	if (i->kind != INST_VERDICT ||
	    (i->verdict.kind != VERDICT_RETURN && i->verdict.kind != VERDICT_GOTO))
		return true;
	diag_add(ir->diags, IPTC2NFT_SEV_UNSUPPORTED, i->at,
		 "a rule with this many matches needs a chain of its own, in which %s has no exact "
		 "form",
		 i->verdict.kind == VERDICT_GOTO ? "-g" : "-j RETURN");
	return false;
}

static void split(struct ir *ir, struct ir_chain *c, struct ir_rule *r, struct ir_clause *k,
		  struct inst *last, unsigned number)
{
	const char *name = arena_printf(ir->arena, "%s/long-%u", table_names[c->table], number);
	struct ir_chain *rest = ir_chain_new(ir, name, c->table);
	struct ir_rule *rule = ir_rule_new(ir, rest, r->rule);
	struct ir_clause *clause = ir_clause_new(ir, rule);
	struct inst *jump = inst_new(ir->arena, INST_VERDICT, last->at);

	rest->helper = true;
	if (!ir->helpers)
		ir->helpers = rest;
	rule->comment = r->comment;
	rule->comment_len = r->comment_len;
	clause->guard = k->guard;
	clause->first = last->next;
	clause->last = k->last;
	jump->verdict.kind = VERDICT_JUMP;
	jump->verdict.chain = rest;
	ir_edge_add(ir, c, rest, last->at);
	for (const struct ir_edge *e = c->edges; e; e = e->next) /* one of them may be in what moves */
		if (e->to != rest)
			ir_edge_add(ir, rest, e->to, e->at);
	last->next = jump;
	k->last = &jump->next;
}

bool is_long(const struct ir_clause *k)
{
	const struct inst *i = k->first;
	unsigned n = 0;

	for (; i && n < INSTRUCTIONS_MAX; i = i->next)
		n++;
	return i;
}

/* What moves to a new chain is looked at again there. */
static bool split_rule(struct ir *ir, struct ir_chain *c, struct ir_rule *r, void *arg)
{
	unsigned *number = arg;

	for (struct ir_clause *k = r->clauses; k; k = k->next) {
		struct inst *last = last_to_stay(k);

		if (last && movable(ir, last))
			split(ir, c, r, k, last, ++*number);
	}
	return true;
}

void split_long_rules(struct ir *ir)
{
	unsigned number = 0;

	ir_each_notable(ir, NOTABLE_LONG, split_rule, &number);
}
