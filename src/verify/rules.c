/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "verify/rules.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <arpa/inet.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include "nl_attr.h"
#include "split.h"
#include "verify/logs.h"
#include "verify/nl_table.h"

static int by_address(const void *a, const void *b)
{
	const struct rules_key *x = a, *y = b;

	return (x->of > y->of) - (x->of < y->of);
}

void rules_number(struct rules *r, struct arena *a, const struct ruleset *rs)
{
	uint32_t n = 0, chains = 0;

	*r = (struct rules){ 0 };
	for (unsigned t = 0; t < TABLE_COUNT; t++)
		for (const struct chain *c = rs->tables[t].chains; c; c = c->next) {
			r->n += c->nrules;
			r->nchains++;
		}
	r->rule = arena_array(a, r->n + 1u, sizeof(*r->rule));
	r->chain = arena_array(a, r->nchains + 1u, sizeof(*r->chain));
	r->first = arena_array(a, r->nchains + 1u, sizeof(*r->first));
	r->keys = arena_array(a, r->n + r->nchains + 1u, sizeof(*r->keys));
	for (unsigned t = 0; t < TABLE_COUNT; t++)
		for (const struct chain *c = rs->tables[t].chains; c; c = c->next) {
			r->chain[chains] = c;
			r->first[chains] = n;
			r->keys[n + chains] = (struct rules_key){ c, chains };
			chains++;
			for (uint32_t i = 0; i < c->nrules; i++, n++) {
				r->rule[n] = c->rules[i];
				r->keys[n + chains] = (struct rules_key){ c->rules[i], n };
			}
		}
	r->first[chains] = n;
	qsort(r->keys, n + chains, sizeof(*r->keys), by_address);
}

uint32_t rules_of(const struct rules *r, const void *of)
{
	struct rules_key key = { of, 0 };
	const struct rules_key *k = bsearch(&key, r->keys, r->n + r->nchains, sizeof(key), by_address);

	return k ? k->number : RULE_NONE;
}


/* Clauses that only lead to where the rest of a rule is count nothing. */
static bool matches(const struct ir_clause *c)
{
	for (const struct inst *i = c->first; i; i = i->next)
		if (i->kind == INST_COUNTER || (c->guard && i->kind == INST_VERDICT && !i->verdict.chain))
			return true;
	return false;
}

static void put(struct kernel_rules *k, struct arena *a, uint32_t *cap, const char *table, const char *chain,
		uint32_t number, bool matching)
{
	k->list = arena_grow(a, k->list, k->n, cap, sizeof(*k->list));
	k->list[k->n++] = (struct kernel_rule){ .table = table, .chain = chain, .number = number,
						 .matches = matching };
}

static void put_part(struct kernel_rules *k, struct arena *a, uint32_t *cap, const struct rules *r,
		     const struct ir *ir, const struct split_part *p)
{
	k->tables[k->ntables++] = p->name;
	for (const struct ir_chain *c = ir->chains; c; c = c->next) {
		if (!split_has(p, c))
			continue;
		for (const struct ir_rule *u = c->rules; u; u = u->next)
			for (const struct ir_clause *l = u->clauses; l; l = l->next)
				put(k, a, cap, p->name, c->name, u->rule ? rules_of(r, u->rule) : RULE_NONE,
				    matches(l));
	}
}

void kernel_rules_ours(struct kernel_rules *k, struct arena *a, const struct rules *r, struct ir *ir)
{
	struct split s;
	uint32_t cap = 0;

	*k = (struct kernel_rules){ .family = ir->family == FAMILY_IPV6 ? NFPROTO_IPV6 : NFPROTO_IPV4 };
	split_plan(ir, &s);
	for (unsigned i = 0; i < s.n; i++)
		put_part(k, a, &cap, r, ir, &s.parts[i]);
}

void kernel_rules_iptables_nft(struct kernel_rules *k, struct arena *a, const struct rules *r,
			       const struct ruleset *rs)
{
	uint32_t cap = 0;

	*k = (struct kernel_rules){ .family = rs->family == FAMILY_IPV6 ? NFPROTO_IPV6 : NFPROTO_IPV4 };
	for (unsigned t = 0; t < TABLE_COUNT; t++) {
		if (!rs->tables[t].present)
			continue;
		k->tables[k->ntables++] = table_names[t];
		for (const struct chain *c = rs->tables[t].chains; c; c = c->next)
			for (uint32_t i = 0; i < c->nrules; i++)
				put(k, a, &cap, table_names[t], c->name, rules_of(r, c->rules[i]), true);
	}
}

/* Where the next rule of a chain is expected: dumps come chain by chain, but in whose order? */
struct counting {
	struct kernel_rules *k;
	uint64_t *hits, *logs;
	uint32_t from, to; /* rules of this table */
	uint32_t at;
	bool wrong;
};

static uint64_t packets_of(const struct nlattr *list, uint64_t *logs)
{
	const struct nlattr *e, *a, *d;
	uint64_t packets = 0;

	mnl_attr_for_each_nested(e, list) {
		const struct nlattr *data = NULL;
		const char *name = "";

		mnl_attr_for_each_nested(a, e) {
			if (mnl_attr_get_type(a) == NFTA_EXPR_NAME)
				name = mnl_attr_get_str(a);
			else if (mnl_attr_get_type(a) == NFTA_EXPR_DATA)
				data = a;
		}
		if (data && logs_of_expression(name, data))
			*logs = logs_of_expression(name, data);
		if (!data || strcmp(name, "counter"))
			continue;
		mnl_attr_for_each_nested(d, data)
			if (mnl_attr_get_type(d) == NFTA_COUNTER_PACKETS)
				packets += be64toh(mnl_attr_get_u64(d));
	}
	return packets;
}

/* The first rule of a chain that no dump has met yet. */
static bool seek(struct counting *c, const char *chain)
{
	if (c->at < c->to && !strcmp(c->k->list[c->at].chain, chain))
		return true;
	for (c->at = c->from; c->at < c->to; c->at++)
		if (!strcmp(c->k->list[c->at].chain, chain))
			return true;
	return false;
}

static int count_rule(const struct nlmsghdr *h, void *data)
{
	struct counting *c = data;
	const struct nlattr *a;
	uint64_t packets = 0, handle = 0, logs = LOGS_NONE;
	const char *chain = nl_text(h, NFTA_RULE_CHAIN);

	if (c->wrong || strcmp(nl_text(h, NFTA_RULE_TABLE), c->k->list[c->from].table))
		return MNL_CB_OK;
	if (!seek(c, chain)) {
		c->wrong = true;
		return MNL_CB_OK;
	}
	mnl_attr_for_each(a, h, sizeof(struct nfgenmsg)) {
		if (mnl_attr_get_type(a) == NFTA_RULE_HANDLE)
			handle = be64toh(mnl_attr_get_u64(a));
		else if (mnl_attr_get_type(a) == NFTA_RULE_EXPRESSIONS)
			packets = packets_of(a, &logs);
	}
	c->k->list[c->at].handle = handle;
	if (c->k->list[c->at].number != RULE_NONE) {
		c->hits[c->k->list[c->at].number] += packets;
		if (logs)
			c->logs[c->k->list[c->at].number] = logs;
	}
	c->at++;
	return MNL_CB_OK;
}

int kernel_rules_count(struct kernel_rules *k, uint64_t *hits, uint64_t *logs)
{
	struct nl_socket s;
	int e = nl_open(&s);
	uint32_t from = 0;

	for (unsigned t = 0; t < k->ntables && !e; t++) {
		struct counting c = { .k = k, .hits = hits, .logs = logs, .from = from, .at = from };

		while (from < k->n && k->list[from].table == k->tables[t])
			from++;
		c.to = from;
		if (c.from == c.to)
			continue;
		e = nl_dump(&s, NFT_MSG_GETRULE, k->family, NFTA_RULE_TABLE, k->tables[t], NULL, count_rule, &c);
		if (!e && c.wrong)
			e = EPROTO;
	}
	nl_close(&s);
	return e;
}

uint32_t kernel_rules_find(const struct kernel_rules *k, const char *table, const char *chain, uint64_t handle)
{
	for (uint32_t i = 0; i < k->n; i++)
		if (k->list[i].handle == handle && !strcmp(k->list[i].table, table) &&
		    !strcmp(k->list[i].chain, chain))
			return k->list[i].matches ? k->list[i].number : RULE_NONE;
	return RULE_NONE;
}
