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

void ir_edge_add(struct ir *ir, struct ir_chain *from, struct ir_chain *to, struct span at)
{
	struct ir_edge *e;

	/* Guards repeat what they have just done; several edges to one chain do no harm. */
	if (from->edges && from->latest_edge->to == to)
		return;
	e = ARENA_NEW(ir->arena, struct ir_edge);
	e->to = to;
	e->at = at;
	if (from->edges)
		from->latest_edge->next = e;
	else
		from->edges = e;
	from->latest_edge = e;
}

/* Most chains call none and need not be gone through; synthesised ones are few. */
void ir_edges_find(struct ir *ir)
{
	for (struct ir_chain *c = ir->chains; c; c = c->next) {
		if (c->src && !c->calls)
			continue;
		for (struct ir_rule *r = c->rules; r; r = r->next)
			for (struct ir_clause *k = r->clauses; k; k = k->next)
				for (struct inst *i = k->first; i; i = i->next)
					if (i->kind == INST_VERDICT && i->verdict.chain)
						ir_edge_add(ir, c, i->verdict.chain, i->at);
	}
}

struct ir_chain **ir_callers_first(struct ir *ir)
{
	struct ir_chain **order = arena_array(ir->arena, ir->nchains + 1u, sizeof(*order));
	/* By chain id: edges from chains not yet placed. */
	uint32_t *callers = arena_array(ir->arena, ir->nchains + 1u, sizeof(*callers)), n = 0;

	for (struct ir_chain *c = ir->chains; c; c = c->next)
		for (const struct ir_edge *e = c->edges; e; e = e->next)
			callers[e->to->id]++;
	for (struct ir_chain *c = ir->chains; c; c = c->next)
		if (!callers[c->id])
			order[n++] = c;
	for (uint32_t i = 0; i < n; i++)
		for (const struct ir_edge *e = order[i]->edges; e; e = e->next)
			if (--callers[e->to->id] == 0)
				order[n++] = e->to;
	return order;
}

struct levels {
	struct ir *ir;
	uint32_t *level;
};

static void deepen(struct levels *v, const struct ir_chain *from, const struct ir_chain *to,
		   struct span at)
{
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
		for (const struct ir_edge *e = order[i]->edges; e; e = e->next)
			deepen(&v, order[i], e->to, e->at);
}
