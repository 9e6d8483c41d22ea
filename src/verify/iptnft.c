/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * iptnft: the base chains stay, as they do in iptables-legacy: where a chain of type nat is, the kernel
 * keeps the hooks that translate established connections.
 */
#include "iptnft.h"

#include <errno.h>
#include <string.h>
#include <arpa/inet.h>
#include <netinet/in.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include "hooks.h"
#include "nl_attr.h"
#include "nl_batch.h"
#include "nl_table.h"

static bool known_table(const struct iptnft *t, const char *name)
{
	for (unsigned i = 0; i < t->nours; i++)
		if (!strcmp(t->ours[i].name, name))
			return t->only_ours;
	for (unsigned i = 0; i < TABLE_COUNT && !t->only_ours; i++)
		if (!strcmp(table_names[i], name))
			return true;
	return false;
}

static bool known_hook(const char *name)
{
	for (unsigned i = 0; i < HOOK_COUNT; i++)
		if (!strcmp(hook_names[i], name))
			return true;
	return false;
}

static int on_chain(const struct nlmsghdr *h, void *data)
{
	struct iptnft *t = data;
	const char *table = nl_text(h, NFTA_CHAIN_TABLE);
	const struct nlattr *a;
	struct iptnft_chain *c;

	if (!known_table(t, table))
		return MNL_CB_OK;
	c = ARENA_NEW(t->arena, struct iptnft_chain);
	c->table = arena_strdup(t->arena, table);
	c->name = arena_strdup(t->arena, nl_text(h, NFTA_CHAIN_NAME));
	mnl_attr_for_each(a, h, sizeof(struct nfgenmsg)) {
		c->base |= mnl_attr_get_type(a) == NFTA_CHAIN_HOOK;
		c->policy_drop |= mnl_attr_get_type(a) == NFTA_CHAIN_POLICY && ntohl(mnl_attr_get_u32(a)) == NF_DROP;
	}
	t->foreign += c->base != known_hook(c->name);
	*t->last = c;
	t->last = &c->next;
	return MNL_CB_OK;
}

static int on_rule(const struct nlmsghdr *h, void *data)
{
	struct iptnft *t = data;
	const char *table = nl_text(h, NFTA_RULE_TABLE), *chain = nl_text(h, NFTA_RULE_CHAIN);

	/* A chain's rules come together. */
	if (!t->at || strcmp(t->at->table, table) || strcmp(t->at->name, chain))
		for (t->at = t->chains; t->at; t->at = t->at->next)
			if (!strcmp(t->at->table, table) && !strcmp(t->at->name, chain))
				break;
	if (t->at) {
		t->at->rules++;
		t->rules++;
	}
	return MNL_CB_OK;
}

static int read_once(struct iptnft *t, struct nl_socket *s)
{
	int e;

	t->chains = t->at = NULL;
	t->last = &t->chains;
	t->foreign = 0;
	t->rules = 0;
	e = nl_dump(s, NFT_MSG_GETCHAIN, t->family, 0, NULL, NULL, on_chain, t);
	for (const struct iptnft_chain *c = t->chains; c && !e;
	     c = c->next) /* not at once: nl_dump_rules() */
		e = nl_dump(s, NFT_MSG_GETRULE, t->family, NFTA_RULE_TABLE, c->table, c->name,
			    on_rule, t);
	return e;
}

static int read_steady(struct iptnft *t)
{
	struct nl_socket s = { 0 };
	uint32_t after = 0;
	bool same = false;
	int e = nl_open(&s);

	for (int i = 0; !e && !same && i < NL_TRIES; i++) {
		e = nl_generation(&s, &t->generation);
		if (!e)
			e = read_once(t, &s);
		if (!e)
			e = nl_generation(&s, &after);
		same = !e && after == t->generation;
		if (e == EINTR || e == ENOENT) /* a chain went meanwhile */
			e = 0;
	}
	nl_close(&s);
	return e ? e : same ? 0 : EBUSY;
}

int iptnft_read(struct iptnft *t, bool ipv6, const struct snapshot_table *ours, unsigned n, struct arena *a)
{
	*t = (struct iptnft){ .family = ipv6 ? NFPROTO_IPV6 : NFPROTO_IPV4, .arena = a, .ours = ours, .nours = n };
	return read_steady(t);
}

int iptnft_read_ours(struct iptnft *t, bool ipv6, const struct snapshot_table *ours, unsigned n, struct arena *a)
{
	*t = (struct iptnft){ .family = ipv6 ? NFPROTO_IPV6 : NFPROTO_IPV4, .arena = a, .ours = ours, .nours = n,
			      .only_ours = true };
	return read_steady(t);
}

bool iptnft_empty(const struct iptnft *t, const char *name)
{
	for (const struct iptnft_chain *c = t->chains; c; c = c->next)
		if ((!name || !strcmp(c->table, name)) && (c->rules || !c->base || c->policy_drop))
			return false;
	return true;
}

bool iptnft_drops(const struct iptnft *t)
{
	for (const struct iptnft_chain *c = t->chains; c; c = c->next)
		if (c->policy_drop)
			return true;
	return false;
}

uint32_t iptnft_next(uint32_t generation)
{
	return generation + 1 ? generation + 1 : 1; /* nf_tables_commit() leaves 0 out */
}

static void put_chain(struct nl_batch *n, const struct iptnft *t, const struct iptnft_chain *c, unsigned type)
{
	bool rules = type == NFT_MSG_DELRULE;

	nl_batch_message(n, type, 0, t->family);
	attr_string(n->b, rules ? NFTA_RULE_TABLE : NFTA_CHAIN_TABLE, c->table);
	attr_string(n->b, rules ? NFTA_RULE_CHAIN : NFTA_CHAIN_NAME, c->name);
}

void iptnft_policy_batch(const struct iptnft *t, bool accept, uint32_t generation, struct buffer *out)
{
	struct nl_batch n;

	nl_batch_begin(&n, out, generation);
	for (const struct iptnft_chain *c = t->chains; c; c = c->next)
		if (c->policy_drop) {
			put_chain(&n, t, c, NFT_MSG_NEWCHAIN);
			attr_u32(n.b, NFTA_CHAIN_POLICY, accept ? NF_ACCEPT : NF_DROP);
			nl_batch_message_end(&n);
		}
	nl_batch_end(&n);
}

void iptnft_empty_batch(const struct iptnft *t, uint32_t generation, struct buffer *out)
{
	struct nl_batch n;

	nl_batch_begin(&n, out, generation);
	for (const struct iptnft_chain *c = t->chains; c; c = c->next) {
		put_chain(&n, t, c, NFT_MSG_DELRULE);
		nl_batch_message_end(&n);
	}
	for (const struct iptnft_chain *c = t->chains; c; c = c->next)
		if (!c->base) {
			put_chain(&n, t, c, NFT_MSG_DELCHAIN);
			nl_batch_message_end(&n);
		}
	nl_batch_end(&n);
}

static void put_table(struct nl_batch *n, const struct iptnft *t, const char *name, unsigned type, unsigned flags)
{
	nl_batch_message(n, type, flags, t->family);
	attr_string(n->b, NFTA_TABLE_NAME, name);
	nl_batch_message_end(n);
}

void iptnft_delete_batch(const struct iptnft *t, uint32_t generation, struct buffer *out)
{
	struct nl_batch n;

	nl_batch_begin(&n, out, generation);
	for (unsigned i = 0; i < t->nours; i++) {
		put_table(&n, t, t->ours[i].name, NFT_MSG_NEWTABLE, NLM_F_CREATE); /* so that there is one */
		put_table(&n, t, t->ours[i].name, NFT_MSG_DELTABLE, 0);
	}
	nl_batch_end(&n);
}
