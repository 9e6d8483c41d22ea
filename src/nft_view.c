/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "nft_view.h"

#include <netinet/in.h>
#include <string.h>
#include <net/if_arp.h>
#include "words.h"

bool nft_view_named(const struct nft_view *v, const struct operand *o)
{
	const struct field_info *f = &field_table[o->field];

	if (f->kind != KIND_PAYLOAD || v->declaring)
		return true;
	if (f->base == BASE_TH && v->l4proto == L4_CONFLICT)
		return false;
	if (f->base == BASE_LL)
		return v->ether;
	return !f->l4proto || v->l4proto == f->l4proto;
}

/* ct_expr_update_type(): the protocols that nft 1.0.6 has a description of. */
bool nft_view_typed(const struct nft_view *v, const struct operand *o)
{
	if (o->field != FIELD_CT_PROTO_SRC && o->field != FIELD_CT_PROTO_DST)
		return true;
	switch (v->l4proto) {
	case IPPROTO_ICMP:
	case IPPROTO_IGMP:
	case IPPROTO_TCP:
	case IPPROTO_UDP:
	case IPPROTO_DCCP:
	case IPPROTO_ESP:
	case IPPROTO_AH:
	case IPPROTO_ICMPV6:
	case IPPROTO_COMP:
	case IPPROTO_SCTP:
	case IPPROTO_UDPLITE: return true;
	default: return false;
	}
}

/* meta_expr_pctx_update(), ct_expr_pctx_update() and payload_expr_pctx_update() look at comparisons for equality only. */
void nft_view_note(struct nft_view *v, const struct inst_test *t)
{
	if (t->op != TEST_EQ || t->lhs.nxf)
		return;
	if (t->lhs.field == FIELD_META_IIFTYPE)
		v->ether = value_get(&t->value, 2) == ARPHRD_ETHER;
	if (t->lhs.field != FIELD_META_L4PROTO && t->lhs.field != FIELD_IP_PROTOCOL &&
	    t->lhs.field != FIELD_IP6_NEXTHDR && t->lhs.field != FIELD_CT_PROTOCOL)
		return;
	if (v->l4proto == L4_UNKNOWN)
		v->l4proto = t->value.b[0];
	else if (v->l4proto != t->value.b[0])
		v->l4proto = L4_CONFLICT;
}

/* nft keeps the checksums in order only for fields that it knows by name. */
bool nft_view_breaks_checksum(const struct nft_view *v, const struct operand *dst, unsigned family)
{
	const struct field_info *f = &field_table[dst->field];

	if (f->kind == KIND_RAW)
		return dst->raw.base == BASE_TH ||
		       (dst->raw.base == BASE_NH && family == FAMILY_IPV4);
	if (f->kind != KIND_PAYLOAD || f->base == BASE_LL)
		return false;
	if (f->base == BASE_TH)
		return !nft_view_named(v, dst);
	return f->nft[0] == '@' && family == FAMILY_IPV4;
}

static bool all_zero(const struct value *v, unsigned bytes)
{
	static const struct value zero;

	return !memcmp(v, &zero, bytes);
}

static bool one_mask(const struct inst_test *t)
{
	return t->op <= TEST_NE && t->lhs.nxf == 1 && t->lhs.xf->op == XFORM_AND;
}

int test_prefix_length(const struct inst_test *t)
{
	unsigned type = field_table[t->lhs.field].type, bits = operand_bits(&t->lhs), n = 0;

	if ((type != TYPE_IPV4 && type != TYPE_IPV6) || !one_mask(t))
		return -1;
	/* nft 1.0.6 makes a shorter load of it, and then has no name for that in an extension header. */
	if (field_table[t->lhs.field].kind == KIND_EXTHDR)
		return -1;

	const uint8_t *mask = t->lhs.xf->value.b;

	while (n < bits && mask[n / 8] & 0x80 >> n % 8)
		n++;
	for (unsigned i = n; i < bits; i++)
		if (mask[i / 8] & 0x80 >> i % 8)
			return -1;
	for (unsigned i = 0; i < bits / 8; i++)
		if (t->value.b[i] & ~mask[i])
			return -1;
	return n ? (int)n : -1;
}

bool test_any_flag(const struct inst_test *t)
{
	return words_is_bitmask((enum value_type)field_table[t->lhs.field].type) && one_mask(t) &&
	       all_zero(&t->value, operand_bytes(&t->lhs));
}

bool test_wants_presence(const struct inst_test *t)
{
	return all_zero(&t->value, operand_bytes(&t->lhs)) == (t->op == TEST_NE);
}

int range_prefix_length(const uint8_t *lo, const uint8_t *hi, unsigned bytes)
{
	unsigned n = 0;

	while (n < bytes * 8 && !((lo[n / 8] ^ hi[n / 8]) & 0x80 >> n % 8))
		n++;
	for (unsigned i = n; i < bytes * 8; i++)
		if ((lo[i / 8] & 0x80 >> i % 8) || !(hi[i / 8] & 0x80 >> i % 8))
			return -1;
	return (int)n;
}

bool test_unspeakable(const struct inst_test *t)
{
	return (t->lhs.field == FIELD_META_SECMARK || t->lhs.field == FIELD_CT_SECMARK) && !t->lhs.nxf;
}
