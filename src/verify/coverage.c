/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * coverage: which rules were asked about a packet and did not match.
 *
 * The kernel counts matches only. How many packets got as far as a rule follows from what is known
 * for certain: those that met the policy have passed all rules before it, those that matched a rule
 * have passed the ones before that, and a user chain is entered by each match of a rule that calls
 * it. Where calls may return the count is a lower bound, so that a miss is claimed only where there was one.
 */
#include "verify/verify.h"

static bool leaves(const struct rule *r)
{
	switch (r->spec->target) {
	case TARGET_ACCEPT:
	case TARGET_DROP:
	case TARGET_RETURN:
	case TARGET_QUEUE:
	case TARGET_GOTO: return true;
	case TARGET_NONE:
	case TARGET_JUMP:
	case TARGET_EXT: return false;
	}
	return false;
}

/* Packets that reached the rule behind @i or later in its chain. */
static uint64_t passed(const struct verify *v, uint32_t chain, uint32_t i)
{
	uint64_t n = v->policies[chain];

	for (uint32_t k = v->rules.first[chain + 1]; k-- > i + 1;) {
		if (leaves(v->rules.rule[k]))
			n += v->hits[k];
		else if (n < v->hits[k])
			n = v->hits[k];
	}
	return n;
}

static uint64_t entered(const struct verify *v, const struct chain *c)
{
	uint64_t n = 0;

	for (uint32_t i = 0; i < v->rules.n; i++)
		if (v->rules.rule[i]->spec->target_chain == c)
			n += v->hits[i];
	return n;
}

bool verify_rule_missed(const struct verify *v, uint32_t rule)
{
	const struct chain *c = v->rules.rule[rule]->chain;
	uint32_t chain = rules_of(&v->rules, c), first = v->rules.first[chain];
	uint64_t behind = passed(v, chain, rule), gone = 0;

	if (leaves(v->rules.rule[rule]) ? behind > 0 : behind > v->hits[rule])
		return true;
	if (c->hook >= 0)
		return false;
	for (uint32_t i = first; i < rule; i++)
		if (leaves(v->rules.rule[i]) || v->rules.rule[i]->spec->target != TARGET_NONE)
			gone += v->hits[i];
	return entered(v, c) > gone + v->hits[rule];
}
