/* SPDX-License-Identifier: GPL-2.0-or-later */
/* nl_inst: one instruction of a rule. */
#include "nl.h"

#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nf_tables_compat.h>
#include "ext.h"
#include "nl_attr.h"

void nl_put_limit(struct nl *n, const struct inst_limit *l)
{
	attr_u64(n->b, NFTA_LIMIT_RATE, l->rate);
	attr_u64(n->b, NFTA_LIMIT_UNIT, l->unit);
	if (l->burst)
		attr_u32(n->b, NFTA_LIMIT_BURST, l->burst);
	attr_u32(n->b, NFTA_LIMIT_TYPE, l->bytes ? NFT_LIMIT_PKT_BYTES : NFT_LIMIT_PKTS);
	attr_u32(n->b, NFTA_LIMIT_FLAGS, l->over ? NFT_LIMIT_F_INV : 0);
}

void nl_put_quota(struct nl *n, const struct inst_quota *q)
{
	attr_u64(n->b, NFTA_QUOTA_BYTES, q->bytes);
	attr_u64(n->b, NFTA_QUOTA_CONSUMED, 0);
	attr_u32(n->b, NFTA_QUOTA_FLAGS, q->over ? NFT_QUOTA_F_INV : 0);
}

void nl_put_counter(struct nl *n, const struct counters *c)
{
	if (c->bytes)
		attr_u64(n->b, NFTA_COUNTER_BYTES, c->bytes);
	if (c->packets)
		attr_u64(n->b, NFTA_COUNTER_PACKETS, c->packets);
}

static void put_connlimit(struct nl *n, const struct inst_connlimit *c)
{
	attr_u32(n->b, NFTA_CONNLIMIT_COUNT, c->count);
	attr_u32(n->b, NFTA_CONNLIMIT_FLAGS, c->over ? NFT_CONNLIMIT_F_INV : 0);
}

const char *nl_stateful_name(const struct inst *i)
{
	return i->kind == INST_LIMIT ? "limit" :
	       i->kind == INST_QUOTA ? "quota" :
	       i->kind == INST_CONNLIMIT ? "connlimit" : "counter";
}

void nl_stateful(struct nl *n, const struct inst *i, struct nl_nest e)
{
	if (i->kind == INST_LIMIT)
		nl_put_limit(n, &i->limit);
	else if (i->kind == INST_QUOTA)
		nl_put_quota(n, &i->quota);
	else if (i->kind == INST_CONNLIMIT)
		put_connlimit(n, &i->connlimit);
	else
		nl_put_counter(n, &i->counter.initial);
	nl_expr_end(n, e);
}

void nl_statefuls(struct nl *n, const struct inst *i, unsigned attr, unsigned list_attr)
{
	size_t list;

	if (!i)
		return;
	if (!i->next) {
		nl_stateful(n, i, nl_expr_in(n, attr, nl_stateful_name(i)));
		return;
	}
	list = attr_nest(n->b, list_attr);
	for (; i; i = i->next)
		nl_stateful(n, i, nl_expr_in(n, NFTA_LIST_ELEM, nl_stateful_name(i)));
	attr_end(n->b, list);
}

/* Keys of several interval sets' fields are all in network order, as their elements are. */
static void put_lookup(struct nl *n, const struct inst_lookup *l)
{
	nl_concat(n, l->key, l->nkey, 0, l->set->flags & SET_INTERVAL);
	nl_lookup(n, 0, l->set->name, 0, l->invert, NL_VERDICT);
}

static void put_dynset(struct nl *n, const struct inst_dynset *d)
{
	static const uint32_t ops[] = { NFT_DYNSET_OP_ADD, NFT_DYNSET_OP_UPDATE,
					NFT_DYNSET_OP_DELETE };
	unsigned words = nl_concat(n, d->key, d->nkey, 0, d->set->flags & SET_INTERVAL);
	unsigned data = d->nkey > 1 ? words : NL_WIDE;
	uint32_t flags = (d->invert ? NFT_DYNSET_F_INV : 0u) |
			 (d->exprs && d->exprs->next ? NFT_DYNSET_F_EXPR : 0u);
	struct nl_nest e;

	if (d->data)
		nl_load(n, d->data, data, false);
	e = nl_expr(n, "dynset");
	nl_register(n, NFTA_DYNSET_SREG_KEY, 0);
	if (d->data)
		nl_register(n, NFTA_DYNSET_SREG_DATA, data);
	attr_u32(n->b, NFTA_DYNSET_OP, ops[d->op]);
	if (d->timeout)
		attr_u64(n->b, NFTA_DYNSET_TIMEOUT, d->timeout);
	attr_string(n->b, NFTA_DYNSET_SET_NAME, d->set->name);
	nl_statefuls(n, d->exprs, NFTA_DYNSET_EXPR, NFTA_DYNSET_EXPRESSIONS);
	if (flags)
		attr_u32(n->b, NFTA_DYNSET_FLAGS, flags);
	nl_expr_end(n, e);
}

static void put_objref(struct nl *n, const struct ir_object *o)
{
	struct nl_nest e = nl_expr(n, "objref");

	attr_u32(n->b, NFTA_OBJREF_IMM_TYPE, nl_object_type(o->kind));
	attr_string(n->b, NFTA_OBJREF_IMM_NAME, o->name);
	nl_expr_end(n, e);
}

static void put_verdict(struct nl *n, const struct inst_verdict *v)
{
	static const int codes[] = { 1 /* NF_ACCEPT */, 0 /* NF_DROP */, NFT_RETURN, NFT_JUMP,
				     NFT_GOTO };
	struct nl_nest e = nl_expr(n, "immediate");
	size_t data, verdict;

	nl_register(n, NFTA_IMMEDIATE_DREG, NL_VERDICT);
	data = attr_nest(n->b, NFTA_IMMEDIATE_DATA);
	verdict = attr_nest(n->b, NFTA_DATA_VERDICT);
	attr_u32(n->b, NFTA_VERDICT_CODE, (uint32_t)codes[v->kind]);
	if (v->kind >= VERDICT_JUMP)
		attr_string(n->b, NFTA_VERDICT_CHAIN, v->chain->name);
	attr_end(n->b, verdict);
	attr_end(n->b, data);
	nl_expr_end(n, e);
}

/* net/netfilter/nft_compat.c: the module's own structure, byte for byte. */
static void put_compat(struct nl *n, const struct inst_compat *c)
{
	bool match = c->ext->kind == EXT_MATCH;
	struct nl_nest e = nl_expr(n, match ? "match" : "target");

	attr_string(n->b, match ? (unsigned)NFTA_MATCH_NAME : (unsigned)NFTA_TARGET_NAME,
		    c->blob->name);
	attr_u32(n->b, match ? (unsigned)NFTA_MATCH_REV : (unsigned)NFTA_TARGET_REV,
		 c->blob->revision);
	attr_put(n->b, match ? (unsigned)NFTA_MATCH_INFO : (unsigned)NFTA_TARGET_INFO,
		 c->blob->data, c->blob->len);
	nl_expr_end(n, e);
}

static void put_plain(struct nl *n, const char *name)
{
	nl_expr_end(n, nl_expr(n, name));
}

void nl_inst(struct nl *n, const struct inst *i)
{
	nl_inst_starts(n, i);
	switch ((enum inst_kind)i->kind) {
	case INST_TEST: nl_test(n, &i->test); break;
	case INST_LOOKUP: put_lookup(n, &i->lookup); break;
	case INST_NEED_HEADER: nl_refuse(n, "a header check was left unexpanded"); break;
	case INST_LIMIT:
	case INST_QUOTA:
	case INST_CONNLIMIT:
	case INST_COUNTER: nl_stateful(n, i, nl_expr(n, nl_stateful_name(i))); break;
	case INST_DYNSET: put_dynset(n, &i->dynset); break;
	case INST_OBJREF: put_objref(n, i->objref.object); break;
	case INST_LOG: nl_log(n, &i->log); break;
	case INST_ASSIGN: nl_assign(n, &i->assign); break;
	case INST_NAT: nl_nat(n, &i->nat); break;
	case INST_REJECT: nl_reject(n, &i->reject); break;
	case INST_TPROXY: nl_tproxy(n, &i->tproxy); break;
	case INST_QUEUE: nl_queue(n, &i->queue); break;
	case INST_DUP: nl_dup(n, &i->dup); break;
	case INST_SYNPROXY: nl_synproxy(n, &i->synproxy); break;
	case INST_NOTRACK: put_plain(n, "notrack"); break;
	case INST_TCPOPT_STRIP: nl_strip(n, &i->tcpopt_strip); break;
	case INST_VERDICT: put_verdict(n, &i->verdict); break;
	case INST_COMPAT: put_compat(n, &i->compat); break;
	case INST_OPAQUE:
		nl_refuse(n, "'%s' has no native form: %s", i->opaque.use->ext->name,
			  i->opaque.reason);
		break;
	case INST_COUNT: break;
	}
}
