/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * mutate_equal: shown by looking for a packet that would be treated otherwise (prove.h). A rule
 * that counts is seen to match: for it, the packets are those that get there and for which the
 * damage changes whether it does. What does not count, the tests for short headers, shows only in
 * what becomes of a packet.
 */
#include "verify/mutate_equal.h"

#include <string.h>
#include "verify/prove.h"

struct judging {
	struct prover p;
	struct mutation m;
	const struct inst *damaged; /* INST: what it has become */
};

static struct spot spot_of(const struct judging *j)
{
	struct spot s = prove_spot(&j->p, j->m.chain, j->m.rule);

	while (j->m.clause && prove_clause(&j->p, s) != j->m.clause)
		s.at++;
	return s;
}

/* Packets that a test (@was) passes and its damaged form does not: can none get there? @now NULL:
 * it is gone. */
static bool none_for(struct judging *j, const struct inst_test *was, bool passes,
		     const struct inst_test *now, bool silent)
{
	struct fact room[PROVE_FACTS], two[2];
	const struct fact *facts = j->p.base;
	unsigned table = j->m.chain->table;
	struct spot s = spot_of(j);

	if (!prove_assume(&j->p, j->m.chain, j->m.clause, j->m.inst, &facts, room) ||
	    !prove_add(&j->p, table, was, passes, &facts, &two[0]) ||
	    (now && !prove_add(&j->p, table, now, !passes, &facts, &two[1])))
		return true;
	return !prove_may_reach(&j->p, s, facts) ||
	       (silent && prove_silent(&j->p, s, facts, true, false));
}

static bool none_differ(struct judging *j, bool silent)
{
	const struct inst_test *was = &j->m.inst->test,
			       *now = j->damaged ? &j->damaged->test : NULL;

	return none_for(j, was, false, now, silent) &&
	       (!now || none_for(j, was, true, now, silent));
}

static const char *test_damaged(struct judging *j)
{
	if (none_differ(j, false))
		return "packets that would show it do not get there";
	if (prove_quiet(j->m.clause, true) && none_differ(j, true))
		return "packets that would show it meet nothing but the policy, which drops them";
	return NULL;
}

/* Whatever becomes of the packets of a clause that does not count them, the policy drops them. */
static bool dropped_anyway(struct judging *j, const struct ir_clause *k, struct spot s)
{
	struct fact room[PROVE_FACTS], more[PROVE_FACTS];
	const struct fact *facts = j->p.base;
	unsigned n = 0;

	if (!prove_quiet(k, true))
		return false;
	/* In a helper chain: what did not return before. */
	for (uint32_t at = 0; j->m.chain->helper && at < s.at && n < PROVE_FACTS; at++) {
		const struct inst *i = j->p.clauses[j->m.chain->id][at].clause->first;

		if (i->kind == INST_TEST && i->next && i->next->kind == INST_VERDICT &&
		    i->next->verdict.kind == VERDICT_RETURN &&
		    !prove_add(&j->p, j->m.chain->table, &i->test, false, &facts, &more[n++]))
			return true;
	}
	return !prove_assume(&j->p, j->m.chain, k, NULL, &facts, room) ||
	       !prove_may_reach(&j->p, s, facts) || prove_silent(&j->p, s, facts, true, false);
}

/* Nothing of the rest of the chain is for packets of this clause. */
static bool nothing_follows(struct judging *j, struct spot s)
{
	struct ir_clause back = *j->m.clause;

	back.guard = false; /* what comes back from its helper is long enough */
	for (uint32_t i = s.at + 1; i < j->p.nclauses[s.chain->id]; i++) {
		struct fact room[PROVE_FACTS], more[PROVE_FACTS];
		const struct fact *facts = j->p.base;

		if (prove_assume(&j->p, s.chain, &back, NULL, &facts, room) &&
		    prove_assume(&j->p, s.chain, j->p.clauses[s.chain->id][i].clause, NULL, &facts,
				 more) &&
		    prove_may_reach(&j->p, s, facts))
			return false;
	}
	return true;
}

static bool silent_with(struct judging *j, bool drop, bool returned)
{
	struct fact room[PROVE_FACTS];
	const struct fact *facts = j->p.base;

	return !prove_assume(&j->p, j->m.chain, j->m.clause, NULL, &facts, room) ||
	       prove_silent(&j->p, spot_of(j), facts, drop, returned);
}

static const char *verdict_damaged(struct judging *j)
{
	const struct inst_verdict *was = &j->m.inst->verdict,
				  *now = j->damaged ? &j->damaged->verdict : NULL;
	const struct ir_chain *base = j->m.chain->hook ? j->m.chain : NULL;
	struct ir_clause all = *j->m.clause;
	bool ends = was->kind == VERDICT_ACCEPT || was->kind == VERDICT_DROP;

	all.guard = false;

	if (was->chain && !was->chain->rules && !now &&
	    (was->kind == VERDICT_JUMP || nothing_follows(j, spot_of(j))))
		return "it leads to a chain without rules";
	if (was->chain && !was->chain->rules && now && now->kind == VERDICT_ACCEPT &&
	    silent_with(j, false, false))
		return "the policy accepts as well, and nothing before it is for these packets";
	if (was->chain && now && now->chain) {
		if (j->p.reach[was->chain->id].ends)
			return "no packet comes back from there";
		if (nothing_follows(j, spot_of(j)))
			return "nothing follows in this chain that would be for packets that come "
			       "back";
	}
	if (base && !base->policy_drop && now && was->kind != now->kind &&
	    (was->kind == VERDICT_ACCEPT || was->kind == VERDICT_RETURN) &&
	    (now->kind == VERDICT_ACCEPT || now->kind == VERDICT_RETURN))
		return "a return from a built-in chain whose policy accepts";
	if (ends && (!now || now->kind == VERDICT_RETURN) &&
	    silent_with(j, was->kind == VERDICT_DROP, now != NULL))
		return "the policy does the same, and nothing before it is for these packets";
	if (was->kind == VERDICT_RETURN && now && now->kind == VERDICT_ACCEPT &&
	    silent_with(j, false, true))
		return "after the return nothing but the policy is for these packets, which "
		       "accepts";
	if (was->kind == VERDICT_RETURN && !now && nothing_follows(j, spot_of(j)))
		return "nothing follows in this chain that would be for these packets";
	if ((!now || now->kind != VERDICT_ACCEPT) && was->kind != VERDICT_ACCEPT &&
	    dropped_anyway(j, now ? &all : j->m.clause, spot_of(j)))
		return "the policy drops these packets, and nothing before it is for them";
	return NULL;
}

/* Nothing that the other could see, and no end. */
static bool goes_on(const struct ir_clause *k)
{
	for (const struct inst *i = k->first; i; i = i->next) {
		if (i->kind == INST_VERDICT && i->verdict.kind == VERDICT_JUMP &&
		    !i->verdict.chain->rules)
			continue;
		if (i->kind != INST_TEST && i->kind != INST_COUNTER && i->kind != INST_LOG &&
		    i->kind != INST_LIMIT)
			return false;
	}
	return true;
}

/* What changes from one look to the next. */
static bool volatile_field(const struct operand *o)
{
	return field_table[o->field].kind == KIND_GEN || o->field == FIELD_META_RANDOM;
}

static bool all_fit(const struct ir_clause *k, const struct fact **facts, struct fact *room)
{
	unsigned n = 0;

	for (const struct inst *i = k->first; i && n < PROVE_FACTS; i = i->next)
		if (i->kind == INST_TEST && !volatile_field(&i->test.lhs)) {
			room[n] = (struct fact){ *facts, &i->test, true };
			*facts = &room[n];
			if (!space_fits(&room[n++]))
				return false;
		}
	return true;
}

/* Neighbours are asked about the same packet, unless the first one has matched. */
static bool both_match(struct judging *j, const struct ir_clause *a, const struct ir_clause *b)
{
	struct fact one[PROVE_FACTS], other[PROVE_FACTS];
	const struct fact *both = j->p.base;

	if (!all_fit(a, &both, one) || !all_fit(b, &both, other))
		return false;

	struct fact room[PROVE_FACTS], more[PROVE_FACTS];
	const struct fact *facts = j->p.base;

	return prove_assume(&j->p, j->m.chain, a, NULL, &facts, room) &&
	       prove_assume(&j->p, j->m.chain, b, NULL, &facts, more) &&
	       prove_may_reach(&j->p, prove_spot(&j->p, j->m.chain, j->m.rule), facts);
}

/* Tests and the same end, without a counter: it does not show which of them it was. */
static bool ends_alike(const struct ir_clause *a, const struct ir_clause *b)
{
	const struct inst *i = a->first, *k = b->first;

	while (i && i->kind == INST_TEST)
		i = i->next;
	while (k && k->kind == INST_TEST)
		k = k->next;
	return i && k && i->kind == INST_VERDICT && k->kind == INST_VERDICT &&
	       i->verdict.kind == k->verdict.kind && !i->verdict.chain && !k->verdict.chain;
}

static const char *swapped(struct judging *j)
{
	for (const struct ir_clause *a = j->m.rule->clauses; a; a = a->next)
		for (const struct ir_clause *b = j->m.rule->next->clauses; b; b = b->next)
			if (!(goes_on(a) && goes_on(b)) && !(a->guard && b->guard) &&
			    !prove_commute(a, b) && !ends_alike(a, b) && both_match(j, a, b))
				return NULL;
	return "no packet matches both rules, or it goes on";
}

/* No packet can be seen there. */
static bool empty_at(const struct ir *ir, unsigned table, unsigned hook)
{
	for (const struct ir_chain *c = ir->chains; c; c = c->next)
		if (c->hook && c->hook->table == table && c->hook->hook == hook)
			return !c->rules && !c->policy_drop;
	return true;
}

/* Does NAT change packets there? nf_nat_inet_fn(): what was done to requests is undone at the other
 * side. */
static bool translates(const struct ir *ir, unsigned hook)
{
	if (hook == HOOK_INPUT)
		return !empty_at(ir, TABLE_NAT, HOOK_INPUT) ||
		       !empty_at(ir, TABLE_NAT, HOOK_OUTPUT);
	for (unsigned h = 0; h < HOOK_COUNT; h++)
		if (!empty_at(ir, TABLE_NAT, h))
			return true;
	return false;
}

static const char *moved(const struct judging *j)
{
	const struct hook_info *h = j->m.chain->hook;
	int from = h->priority, to = j->m.priority;

	if (prove_cut_off(&j->p, j->m.chain))
		return "no packet gets to this chain"; /* those that drop all are before it or after
							  it */
	if (empty_at(j->p.ir, h->table, h->hook))
		return "a chain without rules";
	if (h->type == CHAIN_NAT) /* nf_nat_register_fn() */
		return "NAT has its own place, whatever the priority of its chain";
	for (size_t i = 0; i < hook_row_count; i++) {
		const struct hook_info *o = &hook_rows[i];
		bool between = (o->priority > from && o->priority < to) ||
			       (o->priority < from && o->priority > to);

		if (o->hook == h->hook && o->table != h->table && between &&
		    (!empty_at(j->p.ir, o->table, o->hook) ||
		     (o->table == TABLE_NAT && translates(j->p.ir, h->hook))))
			return NULL;
	}
	/* Connection tracking lies between as well. */
	return (from < -200) == (to < -200) ||
			       (h->hook != HOOK_PREROUTING && h->hook != HOOK_OUTPUT)
		       ? "nothing lies between its old place and the new one"
		       : NULL;
}

static bool tracks(const struct inst *i)
{
	if (i->kind == INST_TEST)
		return field_table[i->test.lhs.field].kind == KIND_CT;
	if (i->kind == INST_ASSIGN)
		return field_table[i->assign.dst.field].kind == KIND_CT ||
		       (i->assign.from == ASSIGN_OPERAND &&
			field_table[i->assign.src.field].kind == KIND_CT);
	return i->kind != INST_COUNTER && i->kind != INST_VERDICT && i->kind != INST_LOG &&
	       i->kind != INST_LIMIT && i->kind != INST_LOOKUP && i->kind != INST_REJECT;
}

static bool rule_tracks(const struct ir_rule *r)
{
	for (const struct ir_clause *k = r ? r->clauses : NULL; k; k = k->next)
		for (const struct inst *i = k->first; i; i = i->next)
			if (tracks(i))
				return true;
	return false;
}

/* A rule turns connection tracking on, also when no packet gets to it: is it the only one? */
static bool turns_tracking(const struct judging *j)
{
	if (!rule_tracks(j->m.rule) && !(j->damaged && tracks(j->damaged)))
		return false;
	for (const struct ir_chain *c = j->p.ir->chains; c; c = c->next)
		for (const struct ir_rule *r = c->rules; r; r = r->next)
			if (r != j->m.rule && rule_tracks(r))
				return false;
	return true;
}

/* Do packets get there that have come over lo? Those keep the mark that they were sent with. */
static bool from_here(struct judging *j)
{
	struct inst_test lo = { .lhs = operand_of(FIELD_META_IIFNAME),
				.op = TEST_EQ,
				.value = { "lo" } };
	struct fact room[PROVE_FACTS], last;
	const struct fact *facts = j->p.base;

	return prove_assume(&j->p, j->m.chain, j->m.clause, NULL, &facts, room) &&
	       prove_add(&j->p, j->m.chain->table, &lo, true, &facts, &last) &&
	       prove_may_reach(&j->p, spot_of(j), facts);
}

/* Marks that arrive are 0, and what is kept of them too. */
static const char *mark_damaged(struct judging *j)
{
	const struct inst *i = j->m.inst;

	if (i->assign.from != ASSIGN_OPERAND || i->assign.dst.field != FIELD_META_MARK ||
	    i->assign.src.field != FIELD_META_MARK || !j->damaged ||
	    j->damaged->assign.dst.field != FIELD_META_MARK ||
	    !prove_only_at(&j->p, spot_of(j), HOOK_PREROUTING))
		return NULL;
	for (unsigned k = 0; k < i->assign.src.nxf; k++)
		if (i->assign.src.xf[k].op != XFORM_AND &&
		    memcmp(&i->assign.src.xf[k], &j->damaged->assign.src.xf[k],
			   sizeof(struct xform)) != 0)
			return NULL;
	for (const struct ir_chain *c = j->p.ir->chains; c; c = c->next)
		for (const struct ir_rule *r =
			     c->table == TABLE_RAW || c->table == TABLE_MANGLE ? c->rules : NULL;
		     r; r = r->next)
			for (const struct ir_clause *k = r->clauses; k; k = k->next)
				for (const struct inst *o = k->first; o; o = o->next)
					if (o != i && o->kind == INST_ASSIGN &&
					    o->assign.dst.field == FIELD_META_MARK)
						return NULL;
	return from_here(j) ? NULL : "packets have no mark when they get there";
}

/* No packet that a clause is for gets there. */
static bool in_vain(struct judging *j)
{
	struct fact room[PROVE_FACTS];
	const struct fact *facts = j->p.base;
	struct ir_clause plain;

	if (!j->m.clause || (j->m.inst && j->m.inst->kind == INST_TEST))
		return false;
	plain = *j->m.clause;
	plain.guard = false; /* for long headers, too */
	return (!prove_assume(&j->p, j->m.chain, &plain, NULL, &facts, room) ||
		!prove_may_reach(&j->p, spot_of(j), facts));
}

static const char *judge(struct judging *j)
{
	struct spot s;

	if (j->m.what == MUTATE_STATE)
		return NULL;
	if (j->m.what == MUTATE_PRIORITY)
		return moved(j);
	if (turns_tracking(j))
		return NULL;
	if (!j->p.reach[j->m.chain->id].used)
		return "nobody calls this chain";
	if (j->m.what == MUTATE_POLICY && prove_cut_off(&j->p, j->m.chain))
		return "no packet gets to this chain";
	if (j->m.what == MUTATE_POLICY)
		return j->p.reach[j->m.chain->id].ends ? "no packet gets to the policy" : NULL;
	s = spot_of(j);
	if (!prove_may_reach(&j->p, s, NULL))
		return "no packet gets to this rule";
	if (j->m.what == MUTATE_RULE_GONE && j->m.rule->clauses && !j->m.rule->clauses->next)
		j->m.clause = j->m.rule->clauses;
	if (j->m.what != MUTATE_SWAP && in_vain(j))
		return "no packet for it gets to this rule";
	switch (j->m.what) {
	case MUTATE_INST:
	case MUTATE_INST_GONE:
		if (j->m.inst->kind == INST_TEST)
			return test_damaged(j);
		if (j->m.inst->kind == INST_ASSIGN)
			return mark_damaged(j);
		return j->m.inst->kind == INST_VERDICT ? verdict_damaged(j) : NULL;
	case MUTATE_CLAUSE_GONE:
		return dropped_anyway(j, j->m.clause, s)
			       ? "such packets do not get there, or nothing is for them but the "
				 "policy, which drops them"
			       : NULL;
	case MUTATE_RULE_GONE:
		if (j->m.rule->clauses && !j->m.rule->clauses->next &&
		    dropped_anyway(j, j->m.rule->clauses, s))
			return "the policy drops these packets, and nothing before it is for them";
		return NULL;
	case MUTATE_SWAP: return swapped(j);
	case MUTATE_POLICY:
	case MUTATE_PRIORITY:
	case MUTATE_STATE: break;
	}
	return NULL;
}

/* What an instruction becomes; itself it is as before. */
static const struct inst *damaged(struct ir *ir, struct inst *i, uint32_t number)
{
	const struct inst *was = inst_copy(ir->arena, i);
	struct inst *next = i->next, *now;

	verify_mutate(ir, number, NULL);
	now = inst_copy(ir->arena, i);
	inst_restore(i, was);
	i->next = next; /* a copy has none */
	return now;
}

const char *verify_mutant_equal(struct ir *ir, uint32_t number)
{
	struct judging j = { .damaged = NULL };

	if (!verify_mutant_find(ir, number, &j.m))
		return NULL;
	prove_init(&j.p, ir->arena, ir);
	if (j.m.what == MUTATE_INST && j.m.inst)
		j.damaged = damaged(ir, j.m.inst, number);
	return judge(&j);
}
