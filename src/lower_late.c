/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * lower_late: what a rule of raw asks of a connection that conntrack has yet to make.
 *
 * xt_CT's template hands helper and events to the connection when it is made (init_conntrack()). nftables
 * sets both on the connection itself, before it is confirmed. So a base chain right behind connection tracking
 * repeats the tests of raw: nothing between the two hooks changes a packet. Rules that only end the walk
 * through raw end it there as well; what else a rule does is left out.
 *
 * That needs tests that have the same answer twice, and targets that leave alone what is tested.
 */
#include "lower.h"

#include <string.h>
#include <linux/netfilter/nf_conntrack_common.h>

static bool among(const char *name, const char *const *names)
{
	while (*names && strcmp(*names, name) != 0)
		names++;
	return *names;
}

/* No state, nothing of the connection, nothing random. */
static bool repeatable(const struct ext *e)
{
	static const char *const names[] = {
		"addrtype", "comment", "dccp", "devgroup", "dscp", "ecn", "esp", "frag", "hl", "icmp", "icmp6",
		"iprange", "length", "mac", "mark", "multiport", "pkttype", "sctp", "tcp", "tos", "ttl", "udp",
		"udplite", NULL,
	};

	return among(e->name, names);
}

static bool harmless(const struct ext *e)
{
	static const char *const names[] = { "AUDIT", "CT", "LOG", "NFLOG", "NOTRACK", "TRACE", NULL };

	return among(e->name, names);
}

static const char *rule_obstacle(struct lower *l, const struct rule_spec *s)
{
	for (unsigned i = 0; i < s->nmatches; i++)
		if (!repeatable(s->matches[i].ext))
			return arena_printf(l->arena, "the match %s in a rule of raw may not have the same answer there",
					    s->matches[i].ext->name);
	if (s->target == TARGET_EXT && !harmless(s->ext_target.ext))
		return arena_printf(l->arena, "the target %s in a rule of raw may change what is tested",
				    s->ext_target.ext->name);
	return s->target == TARGET_QUEUE ? "a rule of raw hands packets to user space" : NULL;
}

const char *lower_late_obstacle(struct lower *l)
{
	const char *why = NULL;

	lower_together(l);
	for (const struct chain *c = l->rs->tables[TABLE_RAW].chains; c && !why; c = c->next)
		for (uint32_t i = 0; i < c->nrules && !why; i++)
			if (c->rules[i]->spec)
				why = rule_obstacle(l, c->rules[i]->spec);
	l->late = l->late || !why;
	return why;
}

static struct ir_chain *late_chain(struct lower *l, const struct chain *src);

static void late_verdict(struct lower *l, enum verdict_kind kind, struct ir_chain *to)
{
	struct inst *i = lower_emit(l, INST_VERDICT);

	i->verdict.kind = (uint8_t)kind;
	i->verdict.chain = to;
}

static bool has_late(const struct rule_spec *s)
{
	const struct ext *e = s->target == TARGET_EXT ? s->ext_target.ext : NULL;

	return e && e->late && e->late(NULL, &s->ext_target);
}

/* CT and NOTRACK: a packet that one of them has dealt with is left alone by the next. */
static bool ends_late(const struct rule_spec *s)
{
	static const char *const names[] = { "CT", "NOTRACK", NULL };

	return s->target != TARGET_EXT || among(s->ext_target.ext->name, names);
}

/* Does the chain, or one that it calls, have such a rule? */
static bool leads(const struct chain *c)
{
	for (uint32_t i = 0; i < c->nrules; i++) {
		const struct rule_spec *s = c->rules[i]->spec;

		if (s && (has_late(s) || (s->target_chain && leads(s->target_chain))))
			return true;
	}
	return false;
}

static void late_target(struct lower *l, const struct rule_spec *s, struct ir_chain *to)
{
	switch (s->target) {
	case TARGET_JUMP: late_verdict(l, VERDICT_JUMP, to); break;
	case TARGET_GOTO: late_verdict(l, VERDICT_GOTO, to); break;
	case TARGET_RETURN: late_verdict(l, VERDICT_RETURN, NULL); break;
	case TARGET_EXT:
	case TARGET_ACCEPT: late_verdict(l, VERDICT_ACCEPT, NULL); break;
	case TARGET_NONE:
	case TARGET_DROP:
	case TARGET_QUEUE: break;
	}
}

/* Headers that are cut short have been dropped in raw. */
static void no_guards(struct lower *l)
{
	lower_branch(l, -1);
	for (struct ir_clause *c = l->out->clauses; c; c = c->next)
		for (struct inst *i = c->first; i; i = i->next)
			if (i->kind == INST_NEED_HEADER)
				i->need_header.hotdrop = false;
}

static void late_start(struct lower *l, struct ir_chain *c, const struct rule *rule)
{
	l->chain = c;
	l->rule = rule;
	l->spec = rule->spec;
	l->out = ir_rule_new(l->ir, c, NULL);
	l->nbranches = 1;
	l->branch = -1;
	ir_clause_new(l->ir, l->out);
	lower_rule_tests(l, rule->spec);
	no_guards(l);
	l->at = rule->spec->target_at;
	l->in_target = true;
}

static void late_end(struct lower *l)
{
	l->in_target = false;
	lower_finish(l);
	lower_rule_done(l);
}

static void late_rule(struct lower *l, struct ir_chain *c, const struct rule *rule)
{
	const struct rule_spec *s = rule->spec;
	struct ir_chain *to = NULL;

	if (!s || s->target == TARGET_NONE || s->target == TARGET_DROP || !ends_late(s))
		return;
	if (s->target == TARGET_JUMP || s->target == TARGET_GOTO)
		to = late_chain(l, s->target_chain);
	if (has_late(s)) {
		late_start(l, c, rule);
		s->ext_target.ext->late(l, &s->ext_target);
		late_end(l);
	}
	late_start(l, c, rule);
	late_target(l, s, to);
	late_end(l);
}

static void late_rules(struct lower *l, struct ir_chain *c, const struct chain *src)
{
	for (uint32_t i = 0; i < src->nrules; i++)
		late_rule(l, c, src->rules[i]);
}

static struct ir_chain *late_new(struct lower *l, const struct chain *src, bool *fresh)
{
	l->chain = src->ir; /* only its table is looked at */
	return lower_helper_chain(l, arena_printf(l->arena, "late-%s", src->name), fresh);
}

/* The copy of a user chain. */
static struct ir_chain *late_chain(struct lower *l, const struct chain *src)
{
	bool fresh;
	struct ir_chain *c = late_new(l, src, &fresh);

	if (fresh)
		late_rules(l, c, src);
	return c;
}

/* Of what is confirmed nothing can be changed. */
static void late_confirmed(struct lower *l, struct ir_chain *c)
{
	l->chain = c;
	l->out = ir_rule_new(l->ir, c, NULL);
	l->branch = -1;
	ir_clause_new(l->ir, l->out);
	lower_any_bit(l, operand_of(FIELD_CT_STATUS), IPS_CONFIRMED, false);
	late_verdict(l, VERDICT_ACCEPT, NULL);
	lower_finish(l);
}

void lower_late(struct lower *l)
{
	if (!l->late || l->for_explain)
		return;
	for (const struct chain *src = l->rs->tables[TABLE_RAW].chains; src; src = src->next) {
		struct ir_chain *c;
		bool fresh;

		if (src->hook < 0 || !src->ir || !leads(src))
			continue;
		c = late_new(l, src, &fresh);
		c->hook = hook_find_late((enum hook_id)src->hook);
		late_confirmed(l, c);
		late_rules(l, c, src);
	}
}
