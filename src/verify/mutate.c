/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * mutate: chains, rules and clauses with one mistake; instructions are in mutate_inst.c.
 *
 * Requires a compiled ruleset for the kernel (not for_explain). What clauses share is copied before it is
 * changed.
 */
#include "verify/mutate.h"

#include <string.h>

bool mutate_here(struct mutator *m, const char *fmt, ...)
{
	bool chosen = ++m->n == m->wanted;
	struct place p;
	va_list ap;

	if (m->out && (chosen || !m->wanted)) {
		buffer_printf(m->out, "%u\t", m->n);
		if (diag_place(m->ir->diags, m->at.pos ? m->at : m->rule, &p))
			buffer_printf(m->out, "%s:%u", p.source->name, p.line);
		else
			buffer_printf(m->out, "%s", m->now.chain ? m->now.chain->name : "-");
		buffer_puts(m->out, m->guard ? "\tguard: " : "\t");
		va_start(ap, fmt);
		buffer_puts(m->out, arena_vprintf(m->arena, fmt, ap));
		va_end(ap);
		buffer_char(m->out, '\n');
	}
	if (chosen && m->found)
		*m->found = m->now;
	return chosen && !m->found;
}

static void clause_end(struct ir_clause *k)
{
	k->last = &k->first;
	while (*k->last)
		k->last = &(*k->last)->next;
}

static void clause(struct mutator *m, struct ir_clause *k)
{
	for (struct inst **p = &k->first; *p; p = &(*p)->next) {
		struct inst *i = *p;

		m->at = i->at;
		m->now.inst = i;
		m->now.what = MUTATE_INST;
		mutate_inst(m, i);
		m->now.what = MUTATE_INST_GONE;
		if (mutate_here(m, "%s deleted", inst_names[i->kind])) {
			*p = i->next;
			clause_end(k);
			return;
		}
	}
}

static void clauses(struct mutator *m, struct ir_rule *r)
{
	for (struct ir_clause **p = &r->clauses; *p; p = &(*p)->next) {
		struct ir_clause *k = *p;

		m->at = (struct span){ 0 };
		m->now.clause = k;
		m->now.what = MUTATE_CLAUSE_GONE;
		if (r->clauses->next || k->guard)
			if (mutate_here(m, k->guard ? "guard deleted" : "clause deleted")) {
				*p = k->next;
				if (!*p)
					r->last = p;
				return;
			}
		m->guard = k->guard;
		clause(m, k);
		m->guard = false;
	}
}

static void chain_end(struct ir_chain *c)
{
	c->last = &c->rules;
	c->nrules = 0;
	for (; *c->last; c->last = &(*c->last)->next)
		c->nrules++;
}

static void rules(struct mutator *m, struct ir_chain *c)
{
	for (struct ir_rule **p = &c->rules; *p; p = &(*p)->next) {
		struct ir_rule *r = *p, *next = r->next;

		m->rule = r->rule ? r->rule->at : (struct span){ 0 };
		m->at = (struct span){ 0 };
		m->now = (struct mutation){ .what = MUTATE_RULE_GONE, .chain = c, .rule = r };
		if (mutate_here(m, "rule deleted")) {
			*p = next;
			chain_end(c);
			return;
		}
		m->now.what = MUTATE_SWAP;
		if (next && mutate_here(m, "rule and its next swapped")) {
			r->next = next->next;
			next->next = r;
			*p = next;
			chain_end(c);
			return;
		}
		clauses(m, r);
	}
}

/* Before or after another table at the same hook. */
static void priority(struct mutator *m, struct ir_chain *c)
{
	for (size_t i = 0; i < hook_row_count; i++) {
		const struct hook_info *o = &hook_rows[i];
		struct hook_info *h;

		if (o->hook != c->hook->hook || o->table == c->table)
			continue;
		m->now.what = MUTATE_PRIORITY;
		m->now.priority = o->priority + (o->priority > c->hook->priority ? 5 : -5);
		if (!mutate_here(m, "priority of %s %s", table_names[o->table], hook_names[o->hook]))
			continue;
		h = ARENA_NEW(m->arena, struct hook_info);
		*h = *c->hook;
		h->priority = m->now.priority;
		c->hook = h;
		return;
	}
}

static void chains(struct mutator *m)
{
	for (struct ir_chain *c = m->ir->chains; c; c = c->next) {
		m->now = (struct mutation){ .what = MUTATE_POLICY, .chain = c };
		m->rule = m->at = (struct span){ 0 };
		if (c->hook) {
			if (mutate_here(m, "policy of %s", c->name))
				c->policy_drop = !c->policy_drop;
			priority(m, c);
		}
		rules(m, c);
	}
	m->now = (struct mutation){ .what = MUTATE_STATE };
	m->rule = m->at = (struct span){ 0 };
	for (struct ir_set *s = m->ir->sets; s; s = s->next)
		mutate_set(m, s);
	for (struct ir_object *o = m->ir->objects; o; o = o->next)
		mutate_object(m, o);
}

uint32_t verify_mutants(struct ir *ir, struct buffer *out)
{
	struct mutator m = { .ir = ir, .arena = ir->arena, .out = out };

	chains(&m);
	return m.n;
}

bool verify_mutate(struct ir *ir, uint32_t number, struct buffer *what)
{
	struct mutator m = { .ir = ir, .arena = ir->arena, .out = what, .wanted = number };

	if (!number)
		return false;
	chains(&m);
	return m.n >= number;
}

bool verify_mutant_find(struct ir *ir, uint32_t number, struct mutation *out)
{
	struct mutator m = { .ir = ir, .arena = ir->arena, .wanted = number, .found = out };

	*out = (struct mutation){ .what = MUTATE_STATE };
	if (!number)
		return false;
	chains(&m);
	return m.n >= number;
}
