/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ruleset: the lines of tables and of chains. Follows iptables-restore.c: a table that is named again
 * begins anew. The commands are in commands.c.
 */
#include "ruleset.h"

#include <string.h>
#include "chain.h"
#include "value.h"

#define W(w) (int)(w)->len, (w)->s

void ruleset_init(struct ruleset *rs, struct arena *a, struct diags *d, unsigned family)
{
	*rs = (struct ruleset){ .arena = a, .diags = d, .family = family };
	for (unsigned i = 0; i < TABLE_COUNT; i++) {
		rs->tables[i].id = (enum table_id)i;
		rs->tables[i].last = &rs->tables[i].chains;
	}
}

/* Nothing but built-in chains without rules: as after the last table_clear(). */
static bool table_is_clear(const struct table *t)
{
	uint32_t builtin = 0;

	for (unsigned h = 0; h < HOOK_COUNT; h++)
		builtin += t->builtin[h] != NULL;
	return t->chains && !t->nrules && t->nchains == builtin;
}

static void table_clear(struct ruleset *rs, struct table *t)
{
	if (table_is_clear(t)) {
		for (unsigned h = 0; h < HOOK_COUNT; h++)
			if (t->builtin[h])
				t->builtin[h]->counters = (struct counters){ 0 };
		return;
	}
	t->chains = NULL;
	t->last = &t->chains;
	t->nchains = t->nrules = 0;
	t->by_name = (struct dict){ 0 };
	for (unsigned h = 0; h < HOOK_COUNT; h++) {
		struct chain *old = t->builtin[h];

		t->builtin[h] = NULL;
		if (!hook_find(t->id, (enum hook_id)h))
			continue;
		t->builtin[h] = chain_new(rs, t, hook_names[h], strlen(hook_names[h]),
					  old ? old->at : (struct span){ 0 }, (int)h);
		/* Rules and user chains go when a table is named again; policies stay. */
		if (old)
			t->builtin[h]->policy_drop = old->policy_drop;
	}
}

struct table *ruleset_table(struct ruleset *rs, const struct word *name)
{
	for (unsigned i = 0; i < TABLE_COUNT; i++)
		if (strlen(table_names[i]) == name->len && !memcmp(table_names[i], name->s, name->len)) {
			struct table *t = &rs->tables[i];

			t->present = true;
			t->at = name->at;
			table_clear(rs, t);
			return t;
		}

	const char *near = diag_nearest(name->s, name->len, table_names, TABLE_COUNT);

	diag_error(rs->diags, name->at, "unknown table '%.*s'%s%s%s", W(name),
		   near ? " (did you mean " : ": want raw, mangle, nat, filter or security",
		   near ? near : "", near ? "?)" : "");
	return NULL;
}

bool chain_set_policy(struct ruleset *rs, struct chain *c, const struct word *policy, bool by_command)
{
	static const char *const names[] = { "ACCEPT", "DROP" };

	if (c->hook < 0) {
		diag_error(rs->diags, policy->at, "user chain '%s' can't have a policy: write '-'", c->name);
		return false;
	}
	for (unsigned i = 0; i < 2; i++)
		if (strlen(names[i]) == policy->len && !memcmp(names[i], policy->s, policy->len)) {
			if (i && by_command && c->table->id == TABLE_NAT) {
				diag_error(rs->diags, policy->at,
					   "table 'nat' is not for filtering: policy DROP is not possible");
				return false;
			}
			c->policy_drop = i;
			return true;
		}
	diag_error(rs->diags, policy->at, "policy '%.*s' is not ACCEPT or DROP", W(policy));
	return false;
}

/* [packets:bytes] as sscanf() reads it: what follows the second number does not count. */
static bool parse_counters(const struct word *w, struct counters *out)
{
	const char *s = w->s + 1, *end = w->s + w->len;
	size_t used;

	if (!w->len || w->s[0] != '[' || !value_decimal(s, (size_t)(end - s), &out->packets, &used))
		return false;
	s += used;
	return s < end && *s++ == ':' && value_decimal(s, (size_t)(end - s), &out->bytes, &used);
}

void ruleset_chain(struct ruleset *rs, struct table *t, const struct word *words, uint32_t n)
{
	struct chain *c = table_chain(t, words[0].s, words[0].len);

	if (c && c->hook < 0) {
		diag_error(rs->diags, words[0].at, "chain '%s' exists already", c->name);
		return;
	}
	if (!c) {
		if (!chain_name_ok(rs, &words[0], false))
			return;
		c = chain_new(rs, t, words[0].s, words[0].len, words[0].at, -1);
	}
	c->at = words[0].at;
	if (n < 2) {
		diag_error(rs->diags, words[0].at, "a policy is missing after the chain's name: ACCEPT, DROP or '-'");
		return;
	}
	if (words[1].len == 1 && words[1].s[0] == '-') /* has no policy, nor counters for it */
		return;
	if (!chain_set_policy(rs, c, &words[1], false))
		return;
	if (rs->counters && n > 2 && !parse_counters(&words[2], &c->counters))
		diag_error(rs->diags, words[2].at, "invalid policy counters for chain '%s': want [packets:bytes]",
			   c->name);
}

void ruleset_finish(struct ruleset *rs)
{
	if (rs->family == FAMILY_BOTH)
		ruleset_detect_family(rs);
	if (rs->diags->n[IPTC2NFT_SEV_ERROR])
		ruleset_recheck_family(rs);
	else
		ruleset_check_callers(rs);
}
