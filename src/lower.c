/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * lower: rules to instructions.
 *
 * Requires a finished ruleset without errors. Establishes the invariants of ir.h, base chains
 * first, in the order of hooks and priorities, then user chains table by table, then helper
 * chains. Breaks nothing; NEED_HEADER instructions are left for guard.c.
 */
#include "lower.h"

#include <stdlib.h>
#include <string.h>
#include <linux/netfilter/nf_tables.h>
#include "lower_ahead.h"
#include "target.h"

#define IPV4_FRAG_OFFSET 0x1fff /* IP_OFFSET of include/net/ip.h */

struct ir_chain *ir_chain_new(struct ir *ir, const char *name, enum table_id table)
{
	struct ir_chain *c = ARENA_NEW(ir->arena, struct ir_chain);

	c->name = name;
	c->table = table;
	c->last = &c->rules;
	c->id = ir->nchains++;
	*ir->last_chain = c;
	ir->last_chain = &c->next;
	return c;
}

struct ir_rule *ir_rule_new(struct ir *ir, struct ir_chain *c, const struct rule *rule)
{
	struct ir_rule *r = ARENA_NEW(ir->arena, struct ir_rule);

	r->rule = rule;
	r->last = &r->clauses;
	*c->last = r;
	c->last = &r->next;
	c->nrules++;
	return r;
}

struct ir_rule *ir_source_rule(const struct ir_chain **c, const struct ir_rule *r)
{
	struct ir_rule *next = r ? r->next : (*c)->rules;

	for (;;) {
		while (next && !next->rule)
			next = next->next;
		if (next || !(*c)->rest)
			return next;
		*c = (*c)->rest;
		next = (*c)->rules;
	}
}

struct ir_clause *ir_clause_new(struct ir *ir, struct ir_rule *r)
{
	struct ir_clause *c = ARENA_NEW(ir->arena, struct ir_clause);

	c->last = &c->first;
	*r->last = c;
	r->last = &c->next;
	return c;
}

void ir_append(struct ir_clause *c, struct inst *i)
{
	*c->last = i;
	c->last = &i->next;
}

static void lower_host(struct lower *l, const struct hostmask *h, enum field_id field)
{
	unsigned width = lower_v6(l) ? 16 : 4, ones = 0;

	if (!h->given)
		return;
	l->at = h->at;
	for (unsigned i = 0; i < width; i++)
		ones += h->mask.b[i] == 0xff;
	if (ones == width) {
		lower_value(l, operand_of(field), h->addr.b, h->invert);
		return;
	}
	for (unsigned i = 0; i < width; i++)
		if (h->mask.b[i]) {
			lower_masked_bytes(l, operand_of(field), h->mask.b, h->addr.b, h->invert);
			return;
		}
	if (h->invert) /* "! -s 0.0.0.0/0" */
		lower_never(l);
}

/* ip_packet_match() of net/ipv4/netfilter/ip_tables.c, ip6_packet_match(). */
static void lower_header(struct lower *l, const struct rule_spec *s)
{
	lower_ifname(l, FIELD_META_IIFNAME, &s->in);
	lower_ifname(l, FIELD_META_OIFNAME, &s->out);
	lower_host(l, &s->src, field_saddr(l));
	lower_host(l, &s->dst, field_daddr(l));
	if (s->proto_given && lower_v6(l)) {
		/* A broken chain of IPv6 extension headers is dropped by whoever asks for the
		 * protocol, for `all` too; IPv4's protocol is always there. */
		l->at = s->proto_at;
		lower_need_header(l, 0, 0, false);
	}
	if (s->proto_given && s->proto) {
		l->at = s->proto_at;
		if (!lower_v6(l) || s->proto != IPPROTO_AH)
			lower_eq(l, operand_of(FIELD_META_L4PROTO), s->proto, s->proto_invert);
		else if (!s->proto_invert) /* ip6tables' walk to the protocol passes AH by */
			lower_never(l);
	}
	if (s->fragment) {
		l->at = s->fragment_at;
		lower_masked(l, operand_of(FIELD_IP_FRAG_OFF), IPV4_FRAG_OFFSET, 0, s->fragment > 0);
	}
}

static void lower_counter(struct lower *l)
{
	const struct rule *r = l->rule;

	if (l->ir->counters == IPTC2NFT_COUNTERS_NONE)
		return;

	struct inst *i = lower_emit(l, INST_COUNTER);

	if (l->ir->counters != IPTC2NFT_COUNTERS_KEEP)
		return;
	if (l->spec->has_counters)
		i->counter.initial = l->spec->set_counters;
	else if (r->has_counters)
		i->counter.initial = r->counters;
}

static void lower_use(struct lower *l, const struct ext_use *u)
{
	l->at = u->at;
	if (u->dead_hook)
		lower_refuse_rule(l, u->at, "'%s' is not for this hook: iptables keeps it where no packet gets, "
				  "nftables does not", u->ext->name);
	else
		u->ext->lower(l, u);
}

static void lower_target(struct lower *l)
{
	const struct rule_spec *s = l->spec;
	struct inst *i;

	l->at = s->target_at;
	switch (s->target) {
	case TARGET_NONE: break;
	case TARGET_ACCEPT: lower_verdict(l, VERDICT_ACCEPT); break;
	case TARGET_DROP: lower_verdict(l, VERDICT_DROP); break;
	case TARGET_RETURN: lower_verdict(l, VERDICT_RETURN); break;
	case TARGET_QUEUE: lower_emit(l, INST_QUEUE)->queue.total = 1; break;
	case TARGET_JUMP:
		if (s->target_chain)
			lower_jump(l, s->target_chain->ir);
		break;
	case TARGET_GOTO:
		i = lower_emit(l, INST_VERDICT);
		i->verdict.kind = VERDICT_GOTO;
		lower_lead(l, i, s->target_chain->ir);
		break;
	case TARGET_EXT:
		lower_use(l, &s->ext_target);
		break;
	}
}

void lower_rule_tests(struct lower *l, const struct rule_spec *s)
{
	lower_header(l, s);
	for (unsigned i = 0; i < s->nmatches; i++) {
		lower_use(l, &s->matches[i]);
		lower_branch(l, -1);
	}
}

void lower_rule(struct lower *l, const struct rule *rule)
{
	const struct rule_spec *s = rule->spec;

	if (!s)
		return;
	l->rule = rule;
	l->spec = s;
	l->whole = false;
	l->out = ir_rule_new(l->ir, l->chain, rule);
	l->nbranches = 1;
	l->branch = -1;
	ir_clause_new(l->ir, l->out);
	l->ir->nrules++;

	struct ir_rule *whole = l->out;
	struct ir_chain *chain = l->chain;

	lower_rule_tests(l, s);
	l->at = rule->at;
	lower_counter(l);
	l->in_target = true;
	lower_target(l);
	l->in_target = false;
	lower_finish(l);
	lower_rule_done(l);
	if (l->out->refused)
		whole->refused = true;
	if (whole->refused)
		l->ir->nrefused++;
	ir_note(l->ir, chain, whole);
}

/* The input may have had its chains in turns: the next rules are far away. As a function that is called gcc
 * would find that it does nothing, and leave it out. */
static inline __attribute__((always_inline)) void prefetch(struct rule *const *rules, uint32_t i, uint32_t n)
{
	if (i + 8 < n)
		__builtin_prefetch(rules[i + 8]);
	for (size_t at = 0; i + 6 < n && at < sizeof(struct rule_spec); at += 64)
		__builtin_prefetch((const char *)rules[i + 6]->spec + at);
	if (i + 4 < n)
		__builtin_prefetch(rules[i + 4]->spec->matches);
	if (i + 2 < n && rules[i + 2]->spec->nmatches)
		__builtin_prefetch(rules[i + 2]->spec->matches[0].args);
}

static void append_run(struct lower *l, const struct lower_run *run)
{
	struct ir_chain *c = l->chain;

	*c->last = run->first;
	c->last = run->last;
	c->nrules += run->n;
	c->calls |= run->calls;
	l->ir->nrules += run->n;
	ir_note_more(l->ir, &run->notables);
}

/* @first: the place of its first rule among those of all chains. */
static void lower_chain(struct lower *l, struct ir_chain *c, struct lower_ahead *ahead, uint32_t first)
{
	struct rule *const *rules = c->src->rules;
	uint32_t n = c->src->nrules;
	struct ir_rule **middle = &c->middle;

	l->chain = c;
	for (uint32_t i = 0; i < n;) {
		/* Behind a rule that left the chain its other rules are elsewhere. */
		const struct lower_run *run =
			ahead && l->chain == c ? lower_ahead_find(ahead, first + i) : NULL;

		if (i <= n / 2)
			middle = c->last;
		if (run) {
			append_run(l, run);
			i += run->n;
		} else {
			prefetch(rules, i, n);
			lower_rule(l, rules[i++]);
		}
	}
	c->middle = *middle;
}

static void add_chain(struct lower *l, struct chain *src)
{
	const char *name = arena_printf(l->arena, "%s-%s", table_names[src->table->id], src->name);
	struct ir_chain *c = ir_chain_new(l->ir, name, src->table->id);

	c->src = src;
	src->ir = c;
	if (src->hook >= 0) {
		c->hook = hook_find(src->table->id, (enum hook_id)src->hook);
		c->policy_drop = src->policy_drop;
	}
}

static int by_hook(const void *a, const void *b)
{
	const struct hook_info *x = *(const struct hook_info *const *)a;
	const struct hook_info *y = *(const struct hook_info *const *)b;

	if (x->hook != y->hook)
		return x->hook < y->hook ? -1 : 1;
	return x->priority < y->priority ? -1 : x->priority > y->priority;
}

/* A built-in chain that the input neither declares nor fills does nothing to any packet. */
static bool wanted(const struct chain *c)
{
	return c && (c->at.pos || c->nrules || c->policy_drop);
}

static void add_chains(struct lower *l, struct ruleset *rs)
{
	const struct hook_info *rows[TABLE_COUNT * HOOK_COUNT];

	for (size_t i = 0; i < hook_row_count; i++)
		rows[i] = &hook_rows[i];
	qsort(rows, hook_row_count, sizeof(*rows), by_hook);
	for (size_t i = 0; i < hook_row_count; i++) {
		struct table *t = &rs->tables[rows[i]->table];

		if (t->present && wanted(t->builtin[rows[i]->hook]))
			add_chain(l, t->builtin[rows[i]->hook]);
	}
	for (unsigned t = 0; t < TABLE_COUNT; t++)
		if (rs->tables[t].present)
			for (struct chain *c = rs->tables[t].chains; c; c = c->next)
				if (c->hook < 0)
					add_chain(l, c);
}

static void lower_chains(struct lower *l)
{
	struct lower_ahead *ahead = l->for_explain ? NULL : lower_ahead_start(l);
	uint32_t first = 0;

	/* Helper chains are appended meanwhile; they have no source. */
	for (struct ir_chain *c = l->ir->chains; c && c->src; c = c->next) {
		lower_chain(l, c, ahead, first);
		first += c->src->nrules;
	}
	lower_ahead_end(ahead);
}

struct ir *lower_ruleset(struct ruleset *rs, const struct iptc2nft_options *opts)
{
	struct ir *ir = ARENA_NEW(rs->arena, struct ir);
	struct lower l = { .arena = rs->arena, .ir = ir, .rs = rs, .opts = opts,
			   .family = rs->family };

	ir->arena = rs->arena;
	ir->diags = rs->diags;
	ir->rs = rs;
	ir->family = rs->family;
	ir->table_name = opts->table ? opts->table : "iptc2nft";
	ir->split_tables = opts->split_tables;
	ir->source_lines = opts->source_lines;
	ir->counters = opts->counters;
	ir->hotdrop = opts->hotdrop;
	ir->last_chain = &ir->chains;
	ir->last_set = &ir->sets;
	ir->last_object = &ir->objects;
	l.compat = ir->compat = opts->unsupported == IPTC2NFT_COMPAT;
	l.for_explain = opts->for_explain;
	if (!target_parse(opts->target, &l.target)) {
		diag_add(rs->diags, IPTC2NFT_SEV_SYSTEM, (struct span){ 0 },
			 "target '%s' is not understood: want nft-1.0.6,kernel-5.10", opts->target);
		return ir;
	}

	add_chains(&l, rs);

	lower_chains(&l);
	lower_late(&l);
	ir->defrag = ir_defragments(ir);
	return ir;
}
