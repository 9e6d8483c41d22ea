/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "verify/prove.h"

#include "verify/plan_value.h"

#define WORK_MAX  400000 /* facts looked at, in one question */
#define PATHS_MAX 60

/* The tests of @k that these facts leave open; UINT32_MAX: one of them can't hold. */
static uint32_t open_tests(struct prover *p, unsigned table, const struct ir_clause *k,
			   const struct fact *facts, const struct inst **first)
{
	uint32_t n = 0;

	for (const struct inst *i = k->first; i; i = i->next) {
		struct fact f = { facts, i->kind == INST_TEST ? &i->test : NULL, true };

		if (!f.test)
			continue;
		if (p->work)
			p->work--;
		if (!prove_constant(p, table, f.test))
			return UINT32_MAX; /* may be anything: it need not hold */
		if (!space_fits(&f))
			return UINT32_MAX;
		f.holds = false;
		if (!space_fits(&f))
			continue;
		if (!n++)
			*first = i;
	}
	return n;
}

/* None of a helper chain's rules lets such packets return, so that its last one drops them. */
static bool none_returns(const struct prover *p, unsigned table, const struct ir_chain *h,
			 const struct fact *facts)
{
	for (const struct ir_rule *r = h->rules; r; r = r->next) {
		const struct inst *t = r->clauses->first;
		const struct fact *f = facts;
		struct fact room;

		if (!r->next)
			return t->kind == INST_VERDICT && t->verdict.kind == VERDICT_DROP;
		if (r->clauses->next || t->kind != INST_TEST || t->next->kind != INST_VERDICT ||
		    t->next->verdict.kind != VERDICT_RETURN ||
		    prove_add(p, table, &t->test, true, &f, &room))
			return false;
	}
	return false;
}

/* Does a guard between two clauses of a chain drop all such packets? Then their header is long. */
static bool guarded(struct prover *p, const struct ir_chain *c, uint32_t from, uint32_t to,
		    const struct fact *facts)
{
	for (uint32_t at = from; at < to; at++) {
		const struct ir_clause *k = p->clauses[c->id][at].clause;
		const struct ir_chain *h = k->guard ? prove_helper(k) : NULL;
		const struct inst *open;

		if (h && h->rules && open_tests(p, c->table, k, facts, &open) == 0 &&
		    none_returns(p, c->table, h, facts))
			return true;
	}
	return false;
}

/* Is there a way past all clauses that end it? */
static bool search(struct prover *p, const struct prove_path *path, const struct fact *facts)
{
	const struct inst *first = NULL, *best = NULL;
	const struct ir_clause *of = NULL;
	uint32_t least = UINT32_MAX;
	unsigned table = path->step[0].chain->table;

	for (unsigned s = 0; s < path->n; s++) {
		if (guarded(p, path->step[s].chain, 0, path->step[s].at, facts))
			return false;
		for (uint32_t at = 0; at < path->step[s].at; at++) {
			const struct ir_clause *k = p->clauses[path->step[s].chain->id][at].clause;
			uint32_t n;

			if (!p->work)
				return true;
			if (!prove_ends(p, k))
				continue;
			n = open_tests(p, table, k, facts, &first);
			if (n == 0)
				return false;
			if (n < least) {
				least = n;
				best = first;
				of = k;
			}
		}
	}
	if (!of)
		return true;
	/* Either the first open test does not hold, or it does and the others remain. */
	for (unsigned yes = 0; yes < 2; yes++) {
		struct fact f = { facts, &best->test, yes };

		if (yes && least == 1)
			break;
		if (space_fits(&f) && search(p, path, &f))
			return true;
	}
	return false;
}

/* Does a base chain drop all that gets there? */
static bool drops_all(const struct ir_chain *c)
{
	for (const struct ir_rule *r = c->rules; r; r = r->next)
		for (const struct ir_clause *k = r->clauses; k; k = k->next) {
			bool always = true;

			for (const struct inst *i = k->first; i; i = i->next) {
				if (i->kind == INST_VERDICT && i->verdict.kind == VERDICT_DROP) {
					if (always)
						return true;
				} else if (i->kind == INST_VERDICT || i->kind == INST_NAT ||
					   !prove_sure(i)) {
					return false;
				} else if (i->kind == INST_TEST) {
					always = false;
				}
			}
		}
	return c->policy_drop;
}

/* Which hooks have a chain that drops everything, before this priority. */
static bool shut(const struct ir *ir, unsigned hook, int before)
{
	for (const struct ir_chain *c = ir->chains; c; c = c->next)
		if (c->hook && c->hook->hook == hook && c->hook->priority < before && drops_all(c))
			return true;
	return false;
}

/* No packet gets to a base chain. */
static bool cut_off(const struct ir *ir, const struct ir_chain *base)
{
	const int all = 100000;

	if (shut(ir, base->hook->hook, base->hook->priority))
		return true;
	switch (base->hook->hook) {
	case HOOK_INPUT:
	case HOOK_FORWARD: return shut(ir, HOOK_PREROUTING, all);
	case HOOK_POSTROUTING:
		return shut(ir, HOOK_OUTPUT, all) &&
		       (shut(ir, HOOK_FORWARD, all) || shut(ir, HOOK_PREROUTING, all));
	case HOOK_PREROUTING:
	case HOOK_OUTPUT:
	case HOOK_COUNT: break;
	}
	return false;
}

/* ip_local_deliver() puts fragments together before INPUT. */
static bool whole_fits(const struct fact *f)
{
	for (unsigned flags = 0; flags < 8; flags += 2) {
		struct value v = value_num(flags << 13, 2);

		if (plan_test_value(f->test, &v) == f->holds)
			return true;
	}
	return false;
}

/* At these hooks there is no such interface. */
static bool hook_fits(const struct ir_chain *base, const struct fact *facts)
{
	static const struct value none;

	for (const struct fact *f = facts; f; f = f->before) {
		enum hook_id h = base->hook->hook;
		bool in = f->test->lhs.field == FIELD_META_IIFNAME,
		     out = f->test->lhs.field == FIELD_META_OIFNAME;

		if (((in && (h == HOOK_OUTPUT || h == HOOK_POSTROUTING)) ||
		     (out && (h == HOOK_PREROUTING || h == HOOK_INPUT))) &&
		    plan_test_value(f->test, &none) != f->holds)
			return false;
		if (h == HOOK_INPUT && f->test->lhs.field == FIELD_IP_FRAG_OFF && !whole_fits(f))
			return false;
	}
	return true;
}

/* What stays the same from PREROUTING on, whatever NAT does. */
static bool lasts(const struct inst_test *t)
{
	return t->lhs.field == FIELD_META_L4PROTO || t->lhs.field == FIELD_META_IIFNAME ||
	       (field_table[t->lhs.field].kind == KIND_RAW && t->lhs.raw.base == BASE_TH &&
		prove_presence(t));
}

/* A chain that each packet has gone through before it gets to @base. */
static bool comes_before(const struct ir_chain *c, const struct ir_chain *base)
{
	unsigned hook = base->hook->hook;

	if (!c->hook || c == base)
		return false;
	if (c->hook->hook == hook)
		return c->hook->priority < base->hook->priority;
	return c->hook->hook == HOOK_PREROUTING && (hook == HOOK_INPUT || hook == HOOK_FORWARD);
}

/* Nothing before a clause of a chain ends the way of such packets or changes them. */
static bool gets_there(struct prover *p, const struct ir_chain *c, uint32_t at,
		       const struct fact *facts)
{
	const struct inst *open;

	for (uint32_t n = 0; n < at; n++) {
		const struct ir_clause *k = p->clauses[c->id][n].clause;

		if ((k->guard && prove_helper(k)) ||
		    open_tests(p, c->table, k, facts, &open) == UINT32_MAX)
			continue;
		for (const struct inst *i = k->first; i; i = i->next)
			if (i->kind != INST_TEST && i->kind != INST_COUNTER &&
			    i->kind != INST_LOG && i->kind != INST_LIMIT && i->kind != INST_NOTRACK)
				return false;
	}
	return true;
}

/* A guard of an earlier chain has dropped such packets. */
static bool dropped_before(struct prover *p, const struct ir_chain *base, const struct fact *facts)
{
	struct fact room[PROVE_FACTS];
	const struct fact *kept = NULL;
	unsigned n = 0;

	for (const struct fact *f = facts; f && n < PROVE_FACTS; f = f->before)
		if (lasts(f->test)) {
			room[n] = (struct fact){ kept, f->test, f->holds };
			kept = &room[n++];
		}
	for (const struct ir_chain *c = n > 1 ? p->ir->chains : NULL; c; c = c->next) {
		if (!comes_before(c, base))
			continue;
		for (uint32_t at = 0; at < p->nclauses[c->id]; at++)
			if (guarded(p, c, at, at + 1, kept) && gets_there(p, c, at, kept))
				return true;
	}
	return false;
}

/* What is asked of each way; true: enough. */
typedef bool (*each_path)(struct prover *p, const struct prove_path *path, const struct fact *facts,
			  void *arg);

static bool paths(struct prover *p, struct prove_path *path, const struct fact *facts,
		  each_path each, void *arg)
{
	struct spot top = path->step[path->n - 1];
	struct fact room[PROVE_FACTS];

	if (top.chain->hook) {
		if (!p->paths)
			return true;
		p->paths--;
		return hook_fits(top.chain, facts) && !cut_off(p->ir, top.chain) &&
		       !dropped_before(p, top.chain, facts) && each(p, path, facts, arg);
	}
	if (path->n == PROVE_DEPTH)
		return true;
	for (const struct prove_caller *c = p->callers[top.chain->id]; c; c = c->next) {
		const struct ir_clause *k = prove_clause(p, c->at);
		const struct fact *f = facts;
		struct ir_clause plain = *k;

		plain.guard =
			false; /* in its helper it is not yet known that the header is short */
		if (!prove_assume(p, c->at.chain, &plain, NULL, &f, room))
			continue;
		path->step[path->n++] = c->at;
		if (paths(p, path, f, each, arg))
			return true;
		path->n--;
	}
	return false;
}

static bool found(struct prover *p, const struct prove_path *path, const struct fact *facts,
		  void *arg)
{
	(void)arg;
	return search(p, path, facts);
}

bool prove_may_reach(struct prover *p, struct spot s, const struct fact *facts)
{
	struct prove_path path = { .step = { s }, .n = 1 };

	p->work = WORK_MAX;
	p->paths = PATHS_MAX;
	return paths(p, &path, facts, found, NULL);
}

struct silence {
	bool drop, returned;
};

bool prove_quiet(const struct ir_clause *k, bool drop)
{
	for (const struct inst *i = k->first; i; i = i->next) {
		if (i->kind == INST_TEST)
			continue;
		if (i->kind != INST_VERDICT || i->verdict.kind == VERDICT_ACCEPT)
			return false;
		if (!drop && i->verdict.kind != VERDICT_RETURN)
			return false;
		if (i->verdict.chain && !prove_helper(k))
			return false;
	}
	return true;
}

static bool goes(const struct ir_clause *k)
{
	for (const struct inst *i = k->first; i; i = i->next)
		if (i->kind == INST_VERDICT)
			return i->verdict.kind == VERDICT_GOTO;
	return false;
}

/* The first way that is not silent. */
static bool heard(struct prover *p, const struct prove_path *path, const struct fact *facts,
		  void *arg)
{
	const struct silence *want = arg;

	for (unsigned s = 0; s < path->n; s++) {
		const struct spot *at = &path->step[s];

		if (s ? goes(prove_clause(p, *at)) : want->returned)
			continue;
		for (uint32_t i = at->at + 1; i < p->nclauses[at->chain->id]; i++) {
			struct fact room[PROVE_FACTS];
			const struct fact *f = facts;
			const struct ir_clause *k = p->clauses[at->chain->id][i].clause;

			if (want->drop && guarded(p, at->chain, i, i + 1, facts))
				return false;
			if (!prove_quiet(k, want->drop) &&
			    prove_assume(p, at->chain, k, NULL, &f, room) &&
			    !guarded(p, at->chain, at->at + 1, i, f))
				return true;
		}
	}
	return path->step[path->n - 1].chain->policy_drop != want->drop;
}

bool prove_silent(struct prover *p, struct spot s, const struct fact *facts, bool drop,
		  bool returned)
{
	struct prove_path path = { .step = { s }, .n = 1 };
	struct silence want = { drop, returned };

	p->work = WORK_MAX;
	p->paths = PATHS_MAX;
	return !paths(p, &path, facts, heard, &want);
}

static bool elsewhere(struct prover *p, const struct prove_path *path, const struct fact *facts,
		      void *arg)
{
	const unsigned *hook = arg;

	(void)p;
	(void)facts;
	return path->step[path->n - 1].chain->hook->hook != *hook;
}

bool prove_cut_off(const struct prover *p, const struct ir_chain *base)
{
	return cut_off(p->ir, base);
}

bool prove_only_at(struct prover *p, struct spot s, unsigned hook)
{
	struct prove_path path = { .step = { s }, .n = 1 };

	p->paths = PATHS_MAX;
	return !paths(p, &path, NULL, elsewhere, &hook);
}
