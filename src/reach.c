/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "reach.h"

#include <string.h>
#include "names.h"
#include "text.h"

#define SUBSET_TESTS 6 /* rules with more tests are compared as a whole only */

/* Earlier rules that end the way of every packet that passes their tests, by the tests' hash. */
struct seen {
	uint64_t hash;
	uint32_t round; /* 0: free; entries of earlier rounds are out of date */
	const struct ir_rule *rule;
};

struct reach {
	struct ir *ir;
	struct chain_reach *chains;
	struct text text; /* tests are compared as text */
	bool changes;	  /* some rule changes packets or connections */
	struct seen *seen;
	uint32_t mask, round;
};

/* The one clause of a rule that is no guard; NULL: there are several. */
static const struct ir_clause *only_clause(const struct ir_rule *r)
{
	const struct ir_clause *found = NULL;

	for (const struct ir_clause *c = r->clauses; c; c = c->next) {
		if (c->guard)
			continue;
		if (found)
			return NULL;
		found = c;
	}
	return found;
}

enum effect {
	EFFECT_NONE,   /* looks, counts or logs */
	EFFECT_TEST,   /* pure: the same packet gives the same answer */
	EFFECT_MAYBE,  /* a test whose answer depends on more than the packet */
	EFFECT_CHANGE, /* later tests may see something else */
	EFFECT_END,    /* the way through this chain ends here */
	EFFECT_CALL,
};

static enum effect test_effect(const struct inst_test *t)
{
	return field_varies(t->lhs.field) ? EFFECT_MAYBE : EFFECT_TEST;
}

static enum effect effect_of(const struct inst *i)
{
	switch ((enum inst_kind)i->kind) {
	case INST_TEST: return test_effect(&i->test);
	case INST_LOOKUP: return i->lookup.set->flags & SET_DYNAMIC ? EFFECT_MAYBE : EFFECT_TEST;
	case INST_NEED_HEADER:
	case INST_COUNTER:
	case INST_LOG: return EFFECT_NONE;
	case INST_LIMIT:
	case INST_QUOTA:
	case INST_CONNLIMIT:
	case INST_OBJREF:
	case INST_DUP:
	case INST_COMPAT:
	case INST_OPAQUE: return EFFECT_MAYBE;
	case INST_DYNSET:
	case INST_ASSIGN:
	case INST_NOTRACK:
	case INST_TCPOPT_STRIP: return EFFECT_CHANGE;
	case INST_NAT:
	case INST_REJECT:
	case INST_QUEUE: return EFFECT_END;
	case INST_TPROXY:
	case INST_SYNPROXY: return EFFECT_MAYBE; /* may fail and let the packet go on */
	case INST_VERDICT: return i->verdict.kind == VERDICT_JUMP ? EFFECT_CALL : EFFECT_END;
	case INST_COUNT: break;
	}
	return EFFECT_MAYBE;
}

/* Changes something, if it gets that far: a set may be full, or the state of its element say no; a map
 * may have no entry. */
static bool may_stop(const struct inst *i)
{
	return i->kind == INST_DYNSET || (i->kind == INST_NAT && i->nat.nport_map) ||
	       (i->kind == INST_ASSIGN && (i->assign.from == ASSIGN_MAP || i->assign.from == ASSIGN_LOOKUP));
}

static uint64_t mix(const char *s, size_t len)
{
	uint64_t h = 14695981039346656037u;

	for (size_t i = 0; i < len; i++)
		h = (h ^ (unsigned char)s[i]) * 1099511628211u;
	return h ^ h >> 29;
}

static uint64_t test_hash(struct reach *r, const struct inst *i)
{
	struct buffer *b = r->text.b;

	b->len = 0;
	text_inst(&r->text, i);
	if (r->text.refused) { /* has no text: equal to nothing but itself */
		r->text.refused = false;
		buffer_put(b, &i, sizeof(i));
	}
	return mix(b->data, b->len);
}

/* What a clause does in all. Tests' hashes go to @hashes as far as they fit. */
struct summary {
	bool certain; /* no EFFECT_MAYBE */
	bool changes, ends, returns;
	const struct ir_chain *calls;
	uint32_t ntests;
	uint64_t hashes[SUBSET_TESTS];
	uint64_t all; /* sum of all tests' hashes: their order does not matter */
};

static void note(struct summary *s, const struct inst *i, enum effect e)
{
	if (e == EFFECT_MAYBE || may_stop(i))
		s->certain = false;
	if (e == EFFECT_CHANGE)
		s->changes = true;
	if (e == EFFECT_END)
		s->ends = true;
	if (i->kind == INST_VERDICT && i->verdict.kind == VERDICT_RETURN)
		s->returns = true;
	if (i->kind == INST_VERDICT && i->verdict.kind >= VERDICT_JUMP)
		s->calls = i->verdict.chain;
}

static struct summary summarize(struct reach *r, const struct ir_clause *c)
{
	struct summary s = { .certain = true };

	r->text.view = NFT_VIEW_START;
	for (const struct inst *i = c->first; i; i = i->next) {
		enum effect e = effect_of(i);

		note(&s, i, e);
		if (e != EFFECT_TEST && i->kind != INST_TEST && i->kind != INST_LOOKUP)
			continue;

		uint64_t h = test_hash(r, i);

		if (e == EFFECT_TEST) {
			if (s.ntests < SUBSET_TESTS)
				s.hashes[s.ntests] = h;
			s.ntests++;
			s.all += h;
		}
	}
	return s;
}

static struct seen *find(struct reach *r, uint64_t hash)
{
	for (uint32_t i = (uint32_t)hash & r->mask;; i = (i + 1) & r->mask)
		if (r->seen[i].round != r->round || r->seen[i].hash == hash)
			return &r->seen[i];
}

static const struct ir_rule *lookup(struct reach *r, uint64_t hash)
{
	const struct seen *s = find(r, hash);

	return s->round == r->round ? s->rule : NULL;
}

/* An earlier rule whose tests are among these. */
static const struct ir_rule *covering(struct reach *r, const struct summary *s)
{
	const struct ir_rule *found = lookup(r, s->all);

	if (found || s->ntests > SUBSET_TESTS)
		return found;
	for (unsigned set = 0; set < 1u << s->ntests && !found; set++) {
		uint64_t sum = 0;

		for (unsigned i = 0; i < s->ntests; i++)
			if (set & 1u << i)
				sum += s->hashes[i];
		found = lookup(r, sum);
	}
	return found;
}

static void remember(struct reach *r, uint64_t hash, const struct ir_rule *rule)
{
	struct seen *s = find(r, hash);

	if (s->round == r->round)
		return; /* the first one decides */
	*s = (struct seen){ hash, r->round, rule };
}

static void add_unreached(struct reach *r, struct chain_reach *c, const struct ir_rule *rule,
			  const struct ir_rule *because)
{
	struct unreached *u = ARENA_NEW(r->ir->arena, struct unreached);

	u->rule = rule;
	u->because = because;
	*c->last = u;
	c->last = &u->next;
}

/* Room for all rules of the chain, empty. */
static void fresh_table(struct reach *r, uint32_t nrules)
{
	uint32_t size = 64;

	while (size < nrules * 2)
		size *= 2;
	if (!r->seen || size > r->mask + 1) {
		r->seen = arena_array(r->ir->arena, size, sizeof(*r->seen));
		r->mask = size - 1;
		r->round = 0;
	}
	r->round++;
}

/* The first piece of a rule that goes on in a chain of its own may come back to what follows. */
static bool is_piece(const struct ir_clause *c)
{
	for (const struct inst *i = c->first; i; i = i->next)
		if (i->kind == INST_VERDICT && i->verdict.kind == VERDICT_GOTO)
			return i->verdict.chain->helper;
	return false;
}

static void look_at_rule(struct reach *r, struct chain_reach *c, const struct ir_rule *rule)
{
	const struct ir_clause *clause = only_clause(rule);

	if (!clause) { /* several: reached unless an earlier rule takes everything */
		const struct ir_rule *all = lookup(r, 0);

		if (all)
			add_unreached(r, c, rule, all);
		else if (r->changes)
			r->round++;
		return;
	}

	struct summary s = summarize(r, clause);
	const struct ir_rule *because = covering(r, &s);

	if (because) {
		add_unreached(r, c, rule, because);
		return;
	}
	if (s.changes || (s.calls && r->changes))
		r->round++;
	if (s.certain && !is_piece(clause) && (s.ends || (s.calls && r->chains[s.calls->id].ends)))
		remember(r, s.all, rule);
}

/* Whether a packet can leave the chain by its end or a return. Chains called are done before. */
static bool chain_ends(struct reach *r, const struct ir_chain *c)
{
	for (const struct ir_rule *rule = c->rules; rule; rule = rule->next)
		for (const struct ir_clause *k = rule->clauses; k; k = k->next) {
			struct summary s = summarize(r, k);
			bool leaves = s.calls && !r->chains[s.calls->id].ends;

			if (s.returns || (s.ends && leaves))
				return false;
			if (!k->guard && s.certain && !s.ntests && (s.ends || s.calls) && !leaves)
				return true;
		}
	return false;
}

/* Depth first: what a chain calls is known before the chain itself. The stack is explicit because
 * chains may be nested as deep as there are chains. */
struct visit {
	const struct ir_chain *chain;
	const struct ir_rule *rule;
	const struct ir_clause *clause;
};

static const struct ir_chain *next_call(struct visit *v)
{
	while (v->rule) {
		while (v->clause) {
			const struct ir_clause *k = v->clause;

			v->clause = k->next;
			for (const struct inst *i = k->first; i; i = i->next)
				if (i->kind == INST_VERDICT && i->verdict.kind >= VERDICT_JUMP)
					return i->verdict.chain;
		}
		v->rule = v->rule->next;
		v->clause = v->rule ? v->rule->clauses : NULL;
	}
	return NULL;
}

static void finish_chain(struct reach *r, const struct ir_chain *c)
{
	struct chain_reach *cr = &r->chains[c->id];

	cr->last = &cr->first;
	cr->ends = chain_ends(r, c);
	if (c->helper)
		return;
	fresh_table(r, c->src->nrules);
	for (const struct ir_rule *rule = NULL; (rule = ir_source_rule(&c, rule));)
		look_at_rule(r, cr, rule);
}

static void enter(struct visit *v, const struct ir_chain *c)
{
	*v = (struct visit){ c, c->rules, c->rules ? c->rules->clauses : NULL };
}

static void visit_from(struct reach *r, const struct ir_chain *start, struct visit *stack,
		       bool *done, bool used)
{
	uint32_t n = 0;

	if (done[start->id])
		return;
	done[start->id] = true;
	r->chains[start->id].used = used;
	enter(&stack[n++], start);
	while (n) {
		const struct ir_chain *called = next_call(&stack[n - 1]);

		if (!called) {
			finish_chain(r, stack[--n].chain);
		} else if (!done[called->id]) {
			done[called->id] = true;
			r->chains[called->id].used = used;
			enter(&stack[n++], called);
		}
	}
}

static bool any_changes(const struct ir *ir)
{
	for (const struct ir_chain *c = ir->chains; c; c = c->next)
		for (const struct ir_rule *r = c->rules; r; r = r->next)
			for (const struct ir_clause *k = r->clauses; k; k = k->next)
				for (const struct inst *i = k->first; i; i = i->next)
					if (effect_of(i) == EFFECT_CHANGE)
						return true;
	return false;
}

struct chain_reach *reach_find(struct ir *ir)
{
	struct reach r = { .ir = ir, .changes = any_changes(ir) };
	struct visit *stack = arena_array(ir->arena, ir->nchains + 1u, sizeof(*stack));
	bool *done = arena_array(ir->arena, ir->nchains + 1u, sizeof(*done));

	names_assign(ir); /* a look-up's text names its set */
	r.chains = arena_array(ir->arena, ir->nchains + 1u, sizeof(*r.chains));
	r.text = (struct text){ .ir = ir, .b = buffer_new(ir->arena) };
	for (const struct ir_chain *c = ir->chains; c; c = c->next)
		if (c->hook)
			visit_from(&r, c, stack, done, true);
	for (const struct ir_chain *c = ir->chains; c; c = c->next)
		visit_from(&r, c, stack, done, false);
	return r.chains;
}
