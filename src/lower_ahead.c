/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lower_ahead.h"

#include "pieces.h"
#include "second.h"

#define PIECE 256 /* rules that the second thread takes at a time */

struct piece {
	struct ir_chain chain; /* with rules of its own, else as the output's */
	uint32_t first;	       /* the place of its first rule among those of all chains */
	uint32_t from, to;     /* in its chain */
	struct lower_run *runs;
};

struct lower_ahead {
	struct second second;
	struct piece *all;
	uint32_t n, cap;
	struct pieces pieces;
	uint32_t now; /* the piece where the first thread is */
	const struct lower_run *next;

	/* The second thread's. */
	struct lower lower;
	struct ir ir;
	struct diags diags;
	uint32_t at;	       /* the rule at work */
	struct ir_rule **slot; /* where it hangs */
	struct lower_run *run; /* the one that is open, or NULL */
	struct lower_run **last;
};

static void make_pieces(struct lower_ahead *a, const struct lower *l)
{
	uint32_t first = 0;

	for (const struct ir_chain *c = l->ir->chains; c; c = c->next)
		for (uint32_t from = 0, to; from < c->src->nrules; from = to) {
			struct piece *p;

			to = c->src->nrules - from > PIECE ? from + PIECE : c->src->nrules;
			a->all = arena_grow(l->arena, a->all, a->n, &a->cap, sizeof(*a->all));
			p = &a->all[a->n++];
			*p = (struct piece){ .chain = *c, .first = first, .from = from, .to = to };
			first += to - from;
		}
}

/* Take back what has become of the rule at work, and leave it to its turn. */
static void leave_rule(struct lower_ahead *a, struct piece *p)
{
	*a->slot = NULL;
	p->chain.last = a->slot;
	a->run = NULL;
	a->lower.pending = NULL;
	a->lower.in_target = false;
	diags_init(&a->diags, a->lower.arena);
	a->at++;
}

static void keep_rule(struct lower_ahead *a, struct piece *p)
{
	if (!a->run) {
		a->run = ARENA_NEW(a->lower.arena, struct lower_run);
		a->run->from = p->first + a->at - p->from;
		a->run->first = *a->slot;
		*a->last = a->run;
		a->last = &a->run->next;
	}
	a->run->n++;
	a->run->last = p->chain.last;
	a->run->notables = a->ir.notables;
	a->run->calls |= p->chain.calls;
	a->at++;
}

static void lower_piece(struct lower_ahead *a, struct piece *p)
{
	struct lower *l = &a->lower;
	jmp_buf together;

	p->chain.last = &p->chain.rules;
	a->last = &p->runs;
	a->run = NULL;
	a->at = p->from;
	l->ahead = &together;
	if (setjmp(together))
		leave_rule(a, p);
	while (a->at < p->to) {
		l->chain = &p->chain;
		a->slot = p->chain.last;
		if (!a->run)
			a->ir.notables = (struct ir_notables){ 0 };
		lower_rule(l, p->chain.src->rules[a->at]);
		if (a->diags.count)
			leave_rule(a, p);
		else
			keep_rule(a, p);
	}
}

static void work(struct second *s, void *arg)
{
	struct lower_ahead *a = arg;
	uint32_t i;

	a->lower.arena = a->ir.arena = &s->arena;
	a->lower.ir = &a->ir;
	a->ir.diags = &a->diags;
	diags_init(&a->diags, &s->arena);
	while (!atomic_load(&s->stop) && pieces_take_back(&a->pieces, &i))
		lower_piece(a, &a->all[i]);
}

/* When memory has run out, the piece at work has the runs that are ready. */
static void ended(void *arg)
{
	struct lower_ahead *a = arg;

	pieces_leave(&a->pieces);
}

static uint32_t count_rules(const struct ir *ir)
{
	uint32_t n = 0;

	for (const struct ir_chain *c = ir->chains; c; c = c->next)
		n += c->src->nrules;
	return n;
}

struct lower_ahead *lower_ahead_start(const struct lower *l)
{
	struct lower_ahead *a;

	if (count_rules(l->ir) < SECOND_RULES || !second_worth())
		return NULL;
	a = ARENA_NEW(l->arena, struct lower_ahead);
	a->lower = *l;
	a->ir = *l->ir;
	make_pieces(a, l);
	if (!pieces_init(&a->pieces, a->n) || !second_start(&a->second, l->arena, work, ended, a))
		return NULL;
	return a;
}

const struct lower_run *lower_ahead_find(struct lower_ahead *a, uint32_t at)
{
	while (a->now < a->n && at >= a->all[a->now].first) {
		if (!pieces_take_front(&a->pieces, a->now))
			a->next = a->all[a->now].runs;
		a->now++;
	}
	while (a->next && a->next->from < at)
		a->next = a->next->next;
	return a->next && a->next->from == at ? a->next : NULL;
}

void lower_ahead_end(struct lower_ahead *a)
{
	if (a)
		second_join(&a->second);
}
