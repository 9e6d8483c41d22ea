/* SPDX-License-Identifier: GPL-2.0-or-later */
/* nl_object: named stateful objects. */
#include "nl.h"

#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nf_tables.h>
#include "nl_attr.h"

unsigned nl_object_type(enum object_kind k)
{
	switch (k) {
	case OBJECT_COUNTER: return NFT_OBJECT_COUNTER;
	case OBJECT_QUOTA: return NFT_OBJECT_QUOTA;
	case OBJECT_LIMIT: return NFT_OBJECT_LIMIT;
	case OBJECT_CT_HELPER: return NFT_OBJECT_CT_HELPER;
	case OBJECT_CT_TIMEOUT: return NFT_OBJECT_CT_TIMEOUT;
	case OBJECT_CT_EXPECT: return NFT_OBJECT_CT_EXPECT;
	case OBJECT_SECMARK: return NFT_OBJECT_SECMARK;
	case OBJECT_SYNPROXY: return NFT_OBJECT_SYNPROXY;
	case OBJECT_CONNLIMIT: return NFT_OBJECT_CONNLIMIT;
	}
	return NFT_OBJECT_UNSPEC;
}

static void put_helper(struct nl *n, const struct ir_object *o)
{
	attr_string(n->b, NFTA_CT_HELPER_NAME, o->ct_helper.helper);
	attr_u16(n->b, NFTA_CT_HELPER_L3PROTO, n->family);
	attr_u8(n->b, NFTA_CT_HELPER_L4PROTO, o->ct_helper.l4proto);
}

static void put_body(struct nl *n, const struct ir_object *o)
{
	switch (o->kind) {
	case OBJECT_COUNTER: nl_put_counter(n, &o->counter.initial); break;
	case OBJECT_QUOTA: nl_put_quota(n, &o->quota); break;
	case OBJECT_LIMIT: nl_put_limit(n, &o->limit); break;
	case OBJECT_CT_HELPER: put_helper(n, o); break;
	case OBJECT_SECMARK: attr_string(n->b, NFTA_SECMARK_CTX, o->secmark); break;
	case OBJECT_CT_TIMEOUT:
	case OBJECT_CT_EXPECT:
	case OBJECT_SYNPROXY:
	case OBJECT_CONNLIMIT:
		nl_refuse(n, "the object '%s' is of a kind that can't be declared", o->name);
		break;
	}
}

void nl_object(struct nl *n, const struct ir_object *o)
{
	size_t body;

	nl_message(n, NFT_MSG_NEWOBJ, NLM_F_CREATE, o->at, "object", o->name);
	attr_string(n->b, NFTA_OBJ_TABLE, n->table);
	attr_string(n->b, NFTA_OBJ_NAME, o->name);
	attr_u32(n->b, NFTA_OBJ_TYPE, nl_object_type(o->kind));
	body = attr_nest(n->b, NFTA_OBJ_DATA);
	put_body(n, o);
	attr_end(n->b, body);
	nl_message_end(n);
}
