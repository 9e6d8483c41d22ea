/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "text_half.h"

#include "second.h"

/* Where a table can be cut: before the first rule of a chain, or in its middle. */
struct cut {
	const struct ir_chain *chain;
	const struct ir_rule *rule;
	uint32_t before; /* rules */
};

static uint32_t count_rules(const struct ir *ir, const struct split_part *p)
{
	uint32_t n = 0;

	for (const struct ir_chain *c = ir->chains; c; c = c->next)
		if (split_has(p, c))
			n += c->nrules;
	return n;
}

static uint32_t distance(uint32_t a, uint32_t b)
{
	return a > b ? a - b : b - a;
}

static void consider(struct cut *best, const struct cut *c, uint32_t half)
{
	if (c->rule && (!best->chain || distance(c->before, half) < distance(best->before, half)))
		*best = *c;
}

static struct cut find_cut(const struct ir *ir, const struct split_part *p, uint32_t half)
{
	struct cut best = { 0 };
	uint32_t n = 0;

	for (const struct ir_chain *c = ir->chains; c; c = c->next) {
		if (!split_has(p, c))
			continue;
		consider(&best, &(struct cut){ c, c->rules, n }, half);
		consider(&best, &(struct cut){ c, c->middle, n + c->nrules / 2 }, half);
		n += c->nrules;
	}
	return best;
}

static void work(struct second *s, void *arg)
{
	struct text_half *h = arg;

	h->ir.arena = &s->arena;
	h->ir.diags = &h->diags;
	diags_init(&h->diags, &s->arena);
	h->text = (struct text){ .ir = &h->ir, .b = buffer_new(&s->arena), .view = NFT_VIEW_START };
	text_rest(&h->text, h->part, h->chain, h->rule);
}

struct text_half *text_half_start(const struct text *t, const struct split_part *p)
{
	uint32_t n = count_rules(t->ir, p);
	struct text_half *h;
	struct cut cut;

	/* The numbers of the input's lines are found when the first is asked for. */
	if (n < SECOND_RULES || t->ir->source_lines || !second_worth())
		return NULL;
	cut = find_cut(t->ir, p, n / 2);
	if (!cut.before)
		return NULL;
	h = ARENA_NEW(t->ir->arena, struct text_half);
	h->second = ARENA_NEW(t->ir->arena, struct second);
	h->chain = cut.chain;
	h->rule = cut.rule;
	h->ir = *t->ir;
	h->part = p;
	return second_start(h->second, t->ir->arena, work, NULL, h) ? h : NULL;
}

void text_half_end(struct text *t, struct text_half *h)
{
	if (second_join(h->second) && !h->diags.count && !h->text.nprefixes)
		buffer_put(t->b, h->text.b->data, h->text.b->len);
	else
		text_rest(t, h->part, h->chain, h->rule);
}
