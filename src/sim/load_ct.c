/* SPDX-License-Identifier: GPL-2.0-or-later */
/* load_ct: fields of the packet's connection (nft_ct_get_eval() of net/netfilter/nft_ct.c). */
#include <linux/netfilter/nf_conntrack_common.h>
#include <netinet/in.h>
#include <linux/netfilter.h>
#include "sim/conn.h"

static enum load_result number(struct value *out, uint64_t n, unsigned bytes)
{
	*out = value_num(n, bytes);
	return LOAD_OK;
}

static enum load_result address(const struct addr *a, unsigned family, unsigned want, struct value *out)
{
	if (family != want)
		return LOAD_BREAK;
	*out = value_bytes(a->b, family_bytes(family));
	return LOAD_OK;
}

static enum load_result counted(const uint64_t n[2], unsigned dir, struct value *out)
{
	return number(out, dir == DIR_NONE ? n[0] + n[1] : n[dir == DIR_REPLY], 8);
}

static enum load_result average(const struct conn *c, unsigned dir, struct value *out)
{
	uint64_t n = dir == DIR_NONE ? c->packets[0] + c->packets[1] : c->packets[dir == DIR_REPLY];
	uint64_t b = dir == DIR_NONE ? c->bytes[0] + c->bytes[1] : c->bytes[dir == DIR_REPLY];

	return number(out, n ? b / n : 0, 8);
}

static enum load_result helper(const struct conn *c, struct value *out)
{
	if (!c->helper || strlen(c->helper) >= sizeof(out->b))
		return LOAD_BREAK;
	memset(out, 0, sizeof(*out));
	memcpy(out->b, c->helper, strlen(c->helper));
	return LOAD_OK;
}

enum load_result load_ct(struct sim *s, const struct sim_packet *p, const struct operand *o,
			 struct value *out)
{
	const struct conn *c = p->conn;
	const struct tuple *t;

	if (o->field == FIELD_CT_STATE) /* seen before conntrack, a packet counts as invalid */
		return number(out, p->ct_state ? p->ct_state : PACKET_STATE_INVALID, 4);
	if (!c)
		return LOAD_BREAK;
	t = &c->tuple[o->dir == DIR_REPLY];
	switch (o->field) {
	case FIELD_CT_DIRECTION: return number(out, p->reply_dir, 1);
	case FIELD_CT_STATUS: return number(out, c->status, 4);
	case FIELD_CT_MARK: return c->mark_unknown ? LOAD_UNKNOWN : number(out, c->mark, 4);
	case FIELD_CT_SECMARK: return number(out, c->secmark, 4);
	case FIELD_CT_EXPIRATION: /* until it is confirmed, its timer does not run */
		if (!(c->status & IPS_CONFIRMED) || c->expires_ms < s->now_ms)
			return number(out, 0, 4);
		return number(out, c->expires_ms - s->now_ms, 4);
	case FIELD_CT_HELPER: return helper(c, out);
	case FIELD_CT_LABELS: *out = value_bytes(c->labels, 16); return LOAD_OK;
	case FIELD_CT_L3PROTO:
		return number(out, t->family == FAMILY_IPV6 ? NFPROTO_IPV6 : NFPROTO_IPV4, 1);
	case FIELD_CT_PROTOCOL: return number(out, t->proto, 1);
	case FIELD_CT_SADDR: return address(&t->src, t->family, FAMILY_IPV4, out);
	case FIELD_CT_DADDR: return address(&t->dst, t->family, FAMILY_IPV4, out);
	case FIELD_CT_SADDR6: return address(&t->src, t->family, FAMILY_IPV6, out);
	case FIELD_CT_DADDR6: return address(&t->dst, t->family, FAMILY_IPV6, out);
	case FIELD_CT_PROTO_SRC: return number(out, t->sport, 2);
	case FIELD_CT_PROTO_DST: return number(out, t->dport, 2);
	case FIELD_CT_PACKETS: return counted(c->packets, o->dir, out);
	case FIELD_CT_BYTES: return counted(c->bytes, o->dir, out);
	case FIELD_CT_AVGPKT: return average(c, o->dir, out);
	case FIELD_CT_ZONE: return number(out, t->zone, 2);
	default: return LOAD_UNKNOWN;
	}
}

bool store_ct(struct sim *s, struct sim_packet *p, const struct operand *o, const struct value *v)
{
	struct conn *c = p->conn;

	(void)s;
	if (o->field == FIELD_CT_ZONE) { /* of a packet that is not tracked yet */
		p->zone = (uint16_t)value_get(v, 2);
		return true;
	}
	if (!c)
		return true; /* nothing to write to, and the packet goes on */
	switch (o->field) {
	case FIELD_CT_MARK:
		c->mark = (uint32_t)value_get(v, 4);
		c->mark_unknown = false;
		return true;
	case FIELD_CT_SECMARK: c->secmark = (uint32_t)value_get(v, 4); return true;
	case FIELD_CT_LABELS: memcpy(c->labels, v->b, 16); return true;
	case FIELD_CT_EVENT: return true;
	default: return false;
	}
}
