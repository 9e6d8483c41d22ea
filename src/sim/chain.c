/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * chain: the walk through one table's chains, as ipt_do_table() and its trace see it.
 *
 * Helper chains, which lowering made, are walked but are no chains to the observer: what happens in
 * one for a piece of a rule belongs to the rule of the input that led into it; one for the rules
 * after such a rule (struct ir_chain's rest) is the same chain of the input, continued. A rule has
 * matched when its COUNTER is reached, in whatever piece that stands.
 */
#include "sim/sim.h"

#include "field.h"
#include "sim/branch.h"
#include "sim/conn.h"

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

/* Further conditions of the clause that depend on nothing but the packet: does one of them fail? */
static const struct inst *fails_anyway(struct sim *s, struct sim_packet *p, const struct inst *i)
{
	const struct ir_chain *target;

	for (; i; i = i->next) {
		enum sim_result r;

		if (i->kind != INST_NEED_HEADER &&
		    (i->kind != INST_TEST || field_table[i->test.lhs.field].kind == KIND_GEN))
			break;
		r = exec_inst(s, p, i, &target);
		if (r == RESULT_FAIL)
			return i;
		if (r == RESULT_DROP)
			break;
	}
	return NULL;
}

static enum sim_result unknown(struct sim *s, struct sim_packet *p, const struct inst *i,
			       const struct inst **failed)
{
	const struct inst *certain = fails_anyway(s, p, i->next);

	if (certain) {
		*failed = certain;
		return RESULT_FAIL;
	}
	*failed = i;
	return s->rule->rule ? branch_choose(s, p, i) : RESULT_UNKNOWN;
}

/* What a target writes can't be known: what is written keeps its old value. */
static void unknown_action(struct sim *s, struct sim_packet *p, const struct inst *i)
{
	struct sim_event e = { .kind = EVENT_NOTE, .hook = s->hook, .table = s->table,
			       .rule = s->rule->rule, .text = "what it does can't be known offline" };

	if (i->kind == INST_ASSIGN && i->assign.dst.field == FIELD_META_MARK)
		p->mark_unknown = true;
	if (i->kind == INST_ASSIGN && i->assign.dst.field == FIELD_CT_MARK && p->conn)
		p->conn->mark_unknown = true;
	sim_tell(s, p, &e);
}

static enum sim_result run_clause(struct sim *s, struct sim_packet *p, const struct ir_clause *k,
				  bool assumed, const struct ir_chain **target, const struct inst **failed)
{
	bool matched = false;

	*failed = NULL;
	for (const struct inst *i = k->first; i; i = i->next) {
		enum sim_result r;

		if (i->kind == INST_COUNTER && s->rule->rule) {
			tell_rule(s, p, EVENT_RULE, i);
			matched = true;
			continue;
		}
		r = exec_inst(s, p, i, target);
		if (r == RESULT_UNKNOWN && !matched) {
			r = assumed ? RESULT_PASS : unknown(s, p, i, failed);
			assumed = r == RESULT_PASS;
		}
		if (r == RESULT_PASS)
			continue;
		if (r == RESULT_UNKNOWN && matched)
			unknown_action(s, p, i);
		/* Behind the match, a target that does not apply to this packet leaves it alone. */
		if (matched && (r == RESULT_FAIL || r == RESULT_UNKNOWN))
			return RESULT_PASS;
		if (!*failed)
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

	bool assumed = s->rule != r && branch_assumed(s); /* in another piece of the rule */

	for (const struct ir_clause *k = r->clauses; k; k = k->next) {
		res = run_clause(s, p, k, assumed, target, &failed);
		if (res != RESULT_FAIL && res != RESULT_UNKNOWN)
			return res;
		if (!why || res == RESULT_UNKNOWN)
			why = failed;
		if (res == RESULT_UNKNOWN)
			worst = res;
	}
	/* What fails in a piece of a rule may still match in the next one. */
	if (worst == RESULT_UNKNOWN ? s->rule->rule != NULL : r->rule && s->wants_misses)
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
	tell_end(s, p, base, base->src->nrules + 1, true, base->policy_drop);
	return base->policy_drop ? RESULT_DROP : RESULT_ACCEPT;
}

static struct frame enter(const struct ir_chain *c)
{
	return (struct frame){ .chain = c, .next = c->rules, .source = c, .line = c, .number = 1 };
}

/* Where a jump leads: into a chain of the input, into a piece of this rule, to the rules after it. */
static struct frame follow(const struct sim *s, const struct frame *f, const struct ir_chain *target)
{
	struct frame to = enter(target);

	if (!target->helper)
		return to;
	to.source = f->source;
	if (target == f->line->rest) {
		to.number = s->number + 1;
		return to;
	}
	to.line = f->line;
	to.owner = s->rule;
	to.owner_number = s->number;
	return to;
}

/* The next rule of the frame: s->rule, chain and number say what of the input it is. */
static const struct ir_rule *next_rule(struct sim *s, struct frame *f)
{
	const struct ir_rule *r = f->next;

	f->next = r->next;
	s->chain = f->source;
	s->rule = r;
	if (f->owner) {
		s->rule = f->owner;
		s->number = f->owner_number;
	} else if (r->rule) {
		s->number = f->number++;
	} else { /* the way from the last rule to those that follow elsewhere */
		s->number = f->number - 1;
	}
	return r;
}

static enum sim_result walk(struct sim *s, struct sim_packet *p, const struct ir_chain *base)
{
	struct frame f = enter(base);
	uint32_t depth = 0;

	for (;;) {
		const struct ir_chain *target = NULL;
		enum sim_result r = RESULT_RETURN;

		if (f.next)
			r = run_rule(s, p, next_rule(s, &f), &target);
		else if (!f.owner && f.source != base)
			tell_end(s, p, f.source, f.source->src->nrules + 1, false, false);
		switch (r) {
		case RESULT_PASS:
		case RESULT_FAIL:
		case RESULT_UNKNOWN: break;
		case RESULT_JUMP:
			push(s, depth++, &f);
			/* fall through */
		case RESULT_GOTO: f = follow(s, &f, target); break;
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
