/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * chain: the walk through one table's chains, as ipt_do_table() and its trace see it.
 *
 * Helper chains, which lowering made for pieces of a rule, are walked but are no chains to the
 * observer: what happens there belongs to the rule of the input that led into them. A rule has
 * matched when its COUNTER is reached, in whatever piece that stands.
 */
#include "sim/sim.h"

static void tell_rule(struct sim *s, const struct sim_packet *p, enum sim_event_kind kind,
		      const struct inst *i)
{
	struct sim_event e = { .kind = (uint8_t)kind, .hook = s->hook, .table = s->table,
			       .chain = s->chain, .rule = s->rule->rule, .number = s->number,
			       .inst = i };

	if (kind == EVENT_RULE)
		s->last = e;
	sim_tell(s, p, &e);
}

static void tell_end(struct sim *s, const struct sim_packet *p, const struct ir_chain *c,
		     uint32_t number, bool policy, bool drop)
{
	struct sim_event e = { .kind = policy ? EVENT_POLICY : EVENT_RETURN, .hook = s->hook,
			       .table = s->table, .chain = c, .number = number, .verdict = drop };

	if (policy)
		s->last = e;
	sim_tell(s, p, &e);
}

static enum sim_result run_clause(struct sim *s, struct sim_packet *p, const struct ir_clause *k,
				  const struct ir_chain **target, const struct inst **failed)
{
	bool matched = false;

	for (const struct inst *i = k->first; i; i = i->next) {
		enum sim_result r;

		if (i->kind == INST_COUNTER && s->rule->rule) {
			tell_rule(s, p, EVENT_RULE, i);
			matched = true;
			continue;
		}
		r = exec_inst(s, p, i, target);
		if (r == RESULT_PASS)
			continue;
		/* Behind the match, a target that does not apply to this packet leaves it alone. */
		if (matched && (r == RESULT_FAIL || r == RESULT_UNKNOWN))
			return RESULT_PASS;
		*failed = i;
		return r;
	}
	return RESULT_PASS;
}

/* The alternatives of a rule exclude each other: the first that passes is the rule. */
static enum sim_result run_rule(struct sim *s, struct sim_packet *p, const struct ir_rule *r,
				const struct ir_chain **target)
{
	enum sim_result res = RESULT_FAIL, worst = RESULT_FAIL;
	const struct inst *failed = NULL, *why = NULL;

	for (const struct ir_clause *k = r->clauses; k; k = k->next) {
		res = run_clause(s, p, k, target, &failed);
		if (res != RESULT_FAIL && res != RESULT_UNKNOWN)
			return res;
		if (!why || res == RESULT_UNKNOWN)
			why = failed;
		if (res == RESULT_UNKNOWN)
			worst = res;
	}
	if (s->rule->rule && (worst == RESULT_UNKNOWN || s->wants_misses))
		tell_rule(s, p, worst == RESULT_UNKNOWN ? EVENT_UNKNOWN : EVENT_MISS, why);
	return RESULT_FAIL;
}

static void push(struct sim *s, uint32_t depth, const struct frame *f)
{
	while (depth >= s->stack_cap)
		s->stack = arena_grow(s->arena, s->stack, s->stack_cap, &s->stack_cap,
				      sizeof(*s->stack));
	s->stack[depth] = *f;
}

static enum sim_result policy(struct sim *s, struct sim_packet *p, const struct ir_chain *base)
{
	tell_end(s, p, base, base->nrules + 1, true, base->policy_drop);
	return base->policy_drop ? RESULT_DROP : RESULT_ACCEPT;
}

static enum sim_result walk(struct sim *s, struct sim_packet *p, const struct ir_chain *base)
{
	struct frame f = { .chain = base, .next = base->rules, .number = 1 };
	uint32_t depth = 0;

	for (;;) {
		const struct ir_chain *target = NULL;
		enum sim_result r = RESULT_RETURN;

		if (f.next) {
			const struct ir_rule *rule = f.next;
			bool helper = f.chain->helper;

			s->rule = helper && f.owner ? f.owner : rule;
			s->chain = helper ? f.owner_chain : f.chain;
			s->number = helper ? f.owner_number : f.number;
			f.next = rule->next;
			f.number++;
			r = run_rule(s, p, rule, &target);
		} else if (!f.chain->helper && f.chain != base) {
			tell_end(s, p, f.chain, f.chain->nrules + 1, false, false);
		}
		switch (r) {
		case RESULT_PASS:
		case RESULT_FAIL:
		case RESULT_UNKNOWN: break;
		case RESULT_JUMP:
			push(s, depth++, &f);
			/* fall through */
		case RESULT_GOTO:
			f = (struct frame){ .chain = target, .next = target->rules, .number = 1,
					    .owner = s->rule, .owner_chain = s->chain,
					    .owner_number = s->number };
			break;
		case RESULT_RETURN:
			if (!depth)
				return policy(s, p, base);
			f = s->stack[--depth];
			break;
		case RESULT_ACCEPT:
		case RESULT_DROP:
		case RESULT_REJECT:
		case RESULT_QUEUE:
		case RESULT_STOLEN: return r;
		}
	}
}

enum sim_result chain_run(struct sim *s, struct sim_packet *p, enum table_id t, enum hook_id h)
{
	const struct table *table = &s->ir->rs->tables[t];
	const struct chain *src = table->present ? table->builtin[h] : NULL;
	struct sim_event e = { .kind = EVENT_TABLE, .hook = (uint8_t)h, .table = (uint8_t)t };

	if (!table->present || !hook_find(t, h))
		return RESULT_ACCEPT;
	s->table = t;
	sim_tell(s, p, &e);
	if (!src || !src->ir) { /* a built-in chain that the input does not mention is empty */
		tell_end(s, p, NULL, 1, true, false);
		return RESULT_ACCEPT;
	}
	return walk(s, p, src->ir);
}
