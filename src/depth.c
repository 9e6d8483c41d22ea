/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * depth: the call graph of the output's chains.
 *
 * Requires that jumps make no loop (ruleset_finish() refuses them). Iterative, since the depth is
 * the input's choice.
 */
#include "lower.h"

/* NFT_JUMP_STACK_SIZE of include/net/netfilter/nf_tables.h; nft_chain_validate() refuses to enter
 * a chain at that level, jumps and gotos counting alike. */
#define JUMP_LEVELS 16

/* Calls f for every chain that a rule of @c jumps or goes to. */
typedef void (*edge_fn)(struct ir_chain *from, struct ir_chain *to, struct span at, void *arg);

static void each_edge(struct ir_chain *c, edge_fn f, void *arg)
{
	for (struct ir_rule *r = c->rules; r; r = r->next)
		for (struct ir_clause *k = r->clauses; k; k = k->next)
			for (struct inst *i = k->first; i; i = i->next)
				if (i->kind == INST_VERDICT && i->verdict.chain)
					f(c, i->verdict.chain, i->at, arg);
}

struct order {
	struct ir_chain **chains;
	uint32_t n;
	uint32_t *callers; /* by chain id: edges from chains not yet placed */
};

/* Most chains call none and need not be gone through again. */
static void mark_caller(struct ir_chain *from, struct ir_chain *to, struct span at, void *arg)
{
	struct order *o = arg;

	(void)at;
	from->calls = true;
	o->callers[to->id]++;
}

static void release(struct ir_chain *from, struct ir_chain *to, struct span at, void *arg)
{
	struct order *o = arg;

	(void)from;
	(void)at;
	if (--o->callers[to->id] == 0)
		o->chains[o->n++] = to;
}

struct ir_chain **ir_callers_first(struct ir *ir)
{
	struct order o = { 0 };

	o.chains = arena_array(ir->arena, ir->nchains + 1u, sizeof(struct ir_chain *));
	o.callers = arena_array(ir->arena, ir->nchains + 1u, sizeof(*o.callers));
	for (struct ir_chain *c = ir->chains; c; c = c->next) {
		c->calls = false;
		each_edge(c, mark_caller, &o);
	}
	for (struct ir_chain *c = ir->chains; c; c = c->next)
		if (!o.callers[c->id])
			o.chains[o.n++] = c;
	for (uint32_t i = 0; i < o.n; i++)
		if (o.chains[i]->calls)
			each_edge(o.chains[i], release, &o);
	return o.chains;
}

struct levels {
	struct ir *ir;
	uint32_t *level;
};

static void deepen(struct ir_chain *from, struct ir_chain *to, struct span at, void *arg)
{
	struct levels *v = arg;
	uint32_t level = v->level[from->id] + 1;

	if (level <= v->level[to->id])
		return;
	v->level[to->id] = level;
	if (level == JUMP_LEVELS)
		diag_add(v->ir->diags, IPTC2NFT_SEV_UNSUPPORTED, at,
			 "chain '%s' is reached through %u jumps: nftables allows at most %u",
			 to->src ? to->src->name : to->name, level, JUMP_LEVELS - 1u);
}

/* The kernel walks down from base chains only, but the path to a chain that nobody calls starts at
 * that chain, so that counting from every root is right for both. */
void lower_depth(struct ir *ir)
{
	struct levels v = { .ir = ir };
	struct ir_chain **order = ir_callers_first(ir);

	v.level = arena_array(ir->arena, ir->nchains + 1u, sizeof(*v.level));
	for (uint32_t i = 0; order[i]; i++)
		if (order[i]->calls)
			each_edge(order[i], deepen, &v);
}
