/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * emit_netlink: a batch of nfnetlink messages that replaces exactly our table.
 *
 * The order is that of nft's script: the table made so that there is one to delete, deleted, made
 * again; objects, sets with their elements, all chains, then the rules, so that jumps may go
 * forward. The kernel carries all of it out or nothing.
 */
#include "nl.h"

#include <stdarg.h>
#include <stdio.h>
#include <arpa/inet.h>
#include <libnftnl/udata.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nf_tables_compat.h>
#include "names.h"
#include "nl_attr.h"

#define RULE_EXPRESSIONS 128 /* NFT_RULE_MAXEXPRS */

void nl_refuse(struct nl *n, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	if (!n->refused)
		vsnprintf(n->why, sizeof(n->why), fmt, ap);
	va_end(ap);
	n->refused = true;
}

static void header(struct nl *n, unsigned type, unsigned flags, unsigned family, unsigned res_id)
{
	struct nlmsghdr *h;
	struct nfgenmsg *g;

	buffer_reserve(n->b, sizeof(*h) + sizeof(*g));
	n->message = n->b->len;
	h = (struct nlmsghdr *)(void *)(n->b->data + n->message);
	g = (struct nfgenmsg *)(h + 1);
	h->nlmsg_len = 0;
	h->nlmsg_type = (uint16_t)type;
	h->nlmsg_flags = (uint16_t)(NLM_F_REQUEST | flags);
	h->nlmsg_seq = ++n->seq;
	h->nlmsg_pid = 0;
	g->nfgen_family = (uint8_t)family;
	g->version = NFNETLINK_V0;
	g->res_id = htons((uint16_t)res_id);
	n->b->len += sizeof(*h) + sizeof(*g);
}

void nl_message(struct nl *n, unsigned type, unsigned flags, struct span at, const char *what,
		const char *name)
{
	header(n, NFNL_SUBSYS_NFTABLES << 8 | type, flags, n->family, 0);
	if (!n->find || n->find->seq != n->seq)
		return;
	n->find->found = true;
	n->find->at = at;
	n->find->what = what;
	n->find->name = name;
}

void nl_message_end(struct nl *n)
{
	size_t len = n->b->len - n->message;

	((struct nlmsghdr *)(void *)(n->b->data + n->message))->nlmsg_len = (uint32_t)len;
	if (n->find)
		n->b->len = n->message;
	if (!n->refused)
		return;
	n->refused = false;
	if (!n->find)
		diag_add(n->ir->diags, IPTC2NFT_SEV_UNSUPPORTED,
			 n->inst ? n->inst->at : (struct span){ 0 }, "%s", n->why);
}

void nl_inst_starts(struct nl *n, const struct inst *i)
{
	n->inst = i;
	if (n->find && n->find->seq == n->seq && i->at.pos &&
	    n->b->len - n->message <= n->find->offset)
		n->find->at = i->at;
}

static void put_boundary(struct nl *n, unsigned type)
{
	header(n, type, 0, NFPROTO_UNSPEC, NFNL_SUBSYS_NFTABLES);
	nl_message_end(n);
}

static void put_table(struct nl *n, const struct split_part *p, unsigned type, unsigned flags)
{
	struct nl_udata u = { .len = 0 };

	nl_message(n, type, flags, (struct span){ 0 }, "table", p->name);
	attr_string(n->b, NFTA_TABLE_NAME, p->name);
	if (type == NFT_MSG_NEWTABLE)
		attr_u32(n->b, NFTA_TABLE_FLAGS, 0);
	if (type == NFT_MSG_NEWTABLE && p->named) {
		udata_comment(&u, NFTNL_UDATA_TABLE_COMMENT, split_mark(n->ir), strlen(split_mark(n->ir)));
		attr_put(n->b, NFTA_TABLE_USERDATA, u.b, u.len);
	}
	nl_message_end(n);
}

/* A table of ours replaces itself. One that may be another program's must not be there. */
static void put_tables(struct nl *n, const struct split_part *p)
{
	put_table(n, p, NFT_MSG_NEWTABLE, NLM_F_CREATE | (p->named && !p->ours ? NLM_F_EXCL : 0));
	put_table(n, p, NFT_MSG_DELTABLE, 0);
	put_table(n, p, NFT_MSG_NEWTABLE, NLM_F_CREATE);
}

/* Tables that an earlier ruleset wanted, and this one does not. */
static void remove_tables(struct nl *n, const struct split *s)
{
	unsigned wanted = 0;

	for (unsigned i = 0; i < s->n; i++)
		wanted |= s->parts[i].named ? s->parts[i].tables : 0;
	for (unsigned i = 0; i < TABLE_COUNT; i++)
		if (n->ir->found & ~wanted & 1u << i)
			put_table(n, &(struct split_part){ .name = table_names[i] }, NFT_MSG_DELTABLE, 0);
}

static void put_base(struct nl *n, const struct ir_chain *c)
{
	size_t hook = attr_nest(n->b, NFTA_CHAIN_HOOK);

	/* enum hook_id has netfilter's numbers. */
	attr_u32(n->b, NFTA_HOOK_HOOKNUM, c->hook->hook);
	attr_u32(n->b, NFTA_HOOK_PRIORITY, (uint32_t)c->hook->priority);
	attr_end(n->b, hook);
	attr_u32(n->b, NFTA_CHAIN_POLICY, c->policy_drop ? NF_DROP : NF_ACCEPT);
	attr_string(n->b, NFTA_CHAIN_TYPE, chain_type_names[c->hook->type]);
}

static void put_chain(struct nl *n, const struct ir_chain *c)
{
	nl_message(n, NFT_MSG_NEWCHAIN, NLM_F_CREATE, c->src ? c->src->at : (struct span){ 0 },
		   "chain", c->name);
	attr_string(n->b, NFTA_CHAIN_TABLE, n->table);
	attr_string(n->b, NFTA_CHAIN_NAME, c->name);
	if (c->hook)
		put_base(n, c);
	nl_message_end(n);
}

/* For extensions that look at the protocol in the rule's head (nft_parse_compat()). */
static void put_compat(struct nl *n, const struct ir_rule *r, const struct ir_clause *c)
{
	const struct rule_spec *s = r->rule ? r->rule->spec : NULL;
	const struct inst *i = c->first;
	size_t nest;

	while (i && i->kind != INST_COMPAT)
		i = i->next;
	if (!i || !s || !s->proto)
		return;
	nest = attr_nest(n->b, NFTA_RULE_COMPAT);
	attr_u32(n->b, NFTA_RULE_COMPAT_PROTO, s->proto);
	attr_u32(n->b, NFTA_RULE_COMPAT_FLAGS, s->proto_invert ? NFT_RULE_COMPAT_F_INV : 0);
	attr_end(n->b, nest);
}

static void put_instructions(struct nl *n, const struct ir_clause *c)
{
	size_t list = attr_nest(n->b, NFTA_RULE_EXPRESSIONS);
	struct nl_joins joins;

	n->nexprs = 0;
	nl_joins_find(&joins, c);
	for (const struct inst *i = c->first; i; i = i->next)
		if (!nl_joined(n, &joins, i))
			nl_inst(n, i);
	if (n->nexprs > RULE_EXPRESSIONS)
		nl_refuse(n, "this rule needs %u expressions, nf_tables takes %u", n->nexprs,
			  RULE_EXPRESSIONS);
	else if (!attr_end(n->b, list))
		nl_refuse(n, "this rule is larger than netlink can carry");
}

static void put_clause(struct nl *n, const struct ir_chain *chain, const struct ir_rule *r,
		       const struct ir_clause *c)
{
	struct nl_udata u = { .len = 0 };

	if (!c->first) /* matches all, does nothing, is not even counted */
		return;
	n->view = NFT_VIEW_START;
	nl_clause_sets(n, c);
	n->inst = c->first;
	nl_message(n, NFT_MSG_NEWRULE, NLM_F_CREATE | NLM_F_APPEND,
		   r->rule ? r->rule->at : c->first->at, "rule", chain->name);
	attr_string(n->b, NFTA_RULE_TABLE, n->table);
	attr_string(n->b, NFTA_RULE_CHAIN, chain->name);
	put_instructions(n, c);
	put_compat(n, r, c);
	if (r->comment_len && !c->guard) {
		udata_comment(&u, NFTNL_UDATA_RULE_COMMENT, r->comment, r->comment_len);
		attr_put(n->b, NFTA_RULE_USERDATA, u.b, u.len);
	}
	nl_message_end(n);
}

static bool done(const struct nl *n)
{
	return n->find && n->find->found && n->seq > n->find->seq;
}

static void put_rules(struct nl *n, const struct ir_chain *chain)
{
	for (const struct ir_rule *r = chain->rules; r && !done(n); r = r->next)
		for (const struct ir_clause *c = r->clauses; c; c = c->next)
			put_clause(n, chain, r, c);
}

static void check_name(struct nl *n, const char *what, const char *name, struct span at)
{
	if (strlen(name) > NAME_MAX_BYTES && !n->find)
		diag_add(n->ir->diags, IPTC2NFT_SEV_UNSUPPORTED, at,
			 "the %s '%s' has a longer name than nf_tables takes", what, name);
}

static void put_ruleset(struct nl *n, const struct split *s, const struct split_part *p)
{
	n->table = p->name;
	check_name(n, "table", p->name, (struct span){ 0 });
	put_tables(n, p);
	n->inst = NULL;
	for (const struct ir_object *o = n->ir->objects; o; o = o->next) {
		check_name(n, "object", o->name, o->at);
		if (split_declares(s, p, o))
			nl_object(n, o);
	}
	for (const struct ir_set *set = n->ir->sets; set; set = set->next) {
		check_name(n, "set", set->name, set->at);
		if (split_declares(s, p, set))
			nl_set(n, set);
	}
	for (const struct ir_chain *c = n->ir->chains; c; c = c->next) {
		if (!split_has(p, c))
			continue;
		check_name(n, "chain", c->name, (struct span){ 0 });
		put_chain(n, c);
	}
	for (const struct ir_chain *c = n->ir->chains; c && !done(n); c = c->next)
		if (split_has(p, c))
			put_rules(n, c);
}

void nl_batch(struct ir *ir, struct buffer *out, struct nl_find *find)
{
	struct nl n = { .ir = ir, .b = out, .find = find };
	struct split s;

	n.family = ir->family == FAMILY_IPV4 ? NFPROTO_IPV4 : NFPROTO_IPV6;
	put_boundary(&n, NFNL_MSG_BATCH_BEGIN);
	split_plan(ir, &s);
	remove_tables(&n, &s);
	for (unsigned i = 0; i < s.n; i++)
		put_ruleset(&n, &s, &s.parts[i]);
	put_boundary(&n, NFNL_MSG_BATCH_END);
}

void emit_netlink(struct ir *ir, struct buffer *out)
{
	nl_batch(ir, out, NULL);
}
