/* SPDX-License-Identifier: GPL-2.0-or-later */
/* nl_assign: writes to packets, marks and connections. */
#include "nl.h"

#include <netinet/in.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include "nl_attr.h"

/* Checksums of the header that holds a field: where, and of which kind. */
struct checksum {
	uint32_t type, offset;
	bool pseudo; /* the transport checksum covers the field too */
};

static struct checksum transport_checksum(unsigned proto)
{
	switch (proto) {
	case IPPROTO_TCP: return (struct checksum){ NFT_PAYLOAD_CSUM_INET, 16, false };
	case IPPROTO_UDP: return (struct checksum){ NFT_PAYLOAD_CSUM_INET, 6, false };
	case IPPROTO_ICMP:
	case IPPROTO_ICMPV6: return (struct checksum){ NFT_PAYLOAD_CSUM_INET, 2, false };
	case IPPROTO_SCTP: return (struct checksum){ NFT_PAYLOAD_CSUM_SCTP, 8, false };
	default: return (struct checksum){ 0 };
	}
}

static struct checksum network_checksum(const struct nl *n, unsigned field)
{
	struct checksum c = { 0 };

	switch (field) {
	case FIELD_IP_SADDR:
	case FIELD_IP_DADDR:
	case FIELD_IP_PROTOCOL:
	case FIELD_IP_LENGTH:
	case FIELD_IP6_SADDR:
	case FIELD_IP6_DADDR:
	case FIELD_IP6_NEXTHDR:
	case FIELD_IP6_LENGTH: c.pseudo = true; break;
	default: break;
	}
	if (n->family == NFPROTO_IPV4) {
		c.type = NFT_PAYLOAD_CSUM_INET;
		c.offset = 10;
	}
	return c;
}

static struct checksum checksum_of(struct nl *n, const struct operand *dst, unsigned base)
{
	unsigned proto = field_table[dst->field].l4proto;

	if (base == BASE_LL)
		return (struct checksum){ 0 };
	if (base == BASE_NH)
		return network_checksum(n, dst->field);
	if (!proto && n->view.l4proto > 0)
		proto = (unsigned)n->view.l4proto;

	struct checksum c = transport_checksum(proto);

	if (!c.type)
		nl_refuse(n, "the checksum of this transport protocol can't be kept right");
	return c;
}

static void write_payload(struct nl *n, unsigned base, const struct nl_bits *at,
			  const struct checksum *c)
{
	struct nl_nest e = nl_expr(n, "payload");

	nl_register(n, NFTA_PAYLOAD_SREG, 0);
	attr_u32(n->b, NFTA_PAYLOAD_BASE, base);
	attr_u32(n->b, NFTA_PAYLOAD_OFFSET, at->offset);
	attr_u32(n->b, NFTA_PAYLOAD_LEN, at->bytes);
	if (c->type) {
		attr_u32(n->b, NFTA_PAYLOAD_CSUM_TYPE, c->type);
		attr_u32(n->b, NFTA_PAYLOAD_CSUM_OFFSET, c->offset);
	}
	if (c->pseudo)
		attr_u32(n->b, NFTA_PAYLOAD_CSUM_FLAGS, NFT_PAYLOAD_L4CSUM_PSEUDOHDR);
	nl_expr_end(n, e);
}

/* The bytes that are read and written with a field; the kernel's checksums go by 16 bits. */
static struct nl_bits widen(struct nl_bits at, bool checksum)
{
	if (checksum && at.bytes % 2) {
		at.bytes++;
		if (at.offset % 2)
			at.offset--;
		else
			at.shift += 8;
	}
	return at;
}

/* dst = (dst & keep) ^ flip, where both have the field's width. */
static bool as_bitwise(const struct inst_assign *a, uint8_t *keep, uint8_t *flip)
{
	unsigned bytes = operand_bytes(&a->dst);

	memset(keep, 0, 16);
	if (a->from == ASSIGN_VALUE) {
		memcpy(flip, a->value.b, bytes);
		return true;
	}
	if (a->from != ASSIGN_OPERAND || a->src.field != a->dst.field ||
	    memcmp(&a->src.raw, &a->dst.raw, sizeof(a->src.raw)) != 0)
		return false;
	memset(keep, 0xff, bytes);
	memset(flip, 0, bytes);
	for (unsigned x = 0; x < a->src.nxf; x++)
		for (unsigned i = 0; i < bytes; i++) {
			uint8_t v = a->src.xf[x].value.b[i];

			if (a->src.xf[x].op == XFORM_XOR) {
				flip[i] ^= v;
			} else if (a->src.xf[x].op == XFORM_AND) {
				keep[i] &= v;
				flip[i] &= v;
			} else {
				return false;
			}
		}
	return true;
}

/* Read, change the field's bits alone, write. */
static void rewrite_payload(struct nl *n, const struct inst_assign *a, unsigned base,
			    struct nl_bits at, const struct checksum *c)
{
	unsigned bits = operand_bits(&a->dst), bytes = operand_bytes(&a->dst);
	uint8_t ones[16], keep[16], flip[16], mask[16], kept[16], xor_bits[16];

	if (!as_bitwise(a, keep, flip)) {
		nl_refuse(n, "a part of a header's byte can't be computed from another field");
		return;
	}
	at = widen(at, c->type != 0);
	memset(ones, 0xff, sizeof(ones));
	if (bits % 8)
		ones[0] = (uint8_t)((1u << bits % 8) - 1);
	nl_shift_bytes(mask, at.bytes, ones, bytes, at.shift);
	nl_shift_bytes(kept, at.bytes, keep, bytes, at.shift);
	nl_shift_bytes(xor_bits, at.bytes, flip, bytes, at.shift);
	for (unsigned i = 0; i < at.bytes; i++)
		mask[i] = (uint8_t)(~mask[i] | kept[i]);
	nl_payload(n, base, at.offset, at.bytes, 0);
	nl_bitwise(n, 0, mask, xor_bits, at.bytes);
	write_payload(n, base, &at, c);
}

/* The source into register 0, in the byte order and width that the destination has. */
static void load_source(struct nl *n, const struct inst_assign *a, bool host)
{
	unsigned bytes = operand_bytes(&a->dst);
	struct nl_reg to = { .bytes = bytes, .host = host }, r;
	uint8_t v[16];

	switch (a->from) {
	case ASSIGN_VALUE:
		nl_value(&to, &a->dst, &a->value, v);
		nl_immediate(n, 0, v, bytes);
		return;
	case ASSIGN_OPERAND: break;
	case ASSIGN_MAP:
		r = nl_load(n, &a->src, 0, false);
		if (nl_entries_wide(a->entries, a->nentries))
			nl_to_network(n, &r);
		nl_lookup(n, 0, "__map%d", ++n->set_id, false, 0);
		return;
	case ASSIGN_LOOKUP:
		nl_concat(n, a->nkey ? a->key : &a->src, a->nkey ? a->nkey : 1, 0,
			  a->map->flags & SET_INTERVAL);
		nl_lookup(n, 0, a->map->name, 0, false, 0);
		return;
	}
	r = nl_load(n, &a->src, 0, false);
	if (r.host == host || bytes == 1)
		return;
	nl_byteorder(n, 0, host, r.bytes);
}

static void assign_payload(struct nl *n, const struct inst_assign *a)
{
	const struct operand *o = &a->dst;
	const struct field_info *f = &field_table[o->field];
	bool raw = f->kind == KIND_RAW;
	unsigned base = raw ? o->raw.base : f->base;
	struct nl_bits at = raw ? nl_bits(o->raw.off, o->raw.bits) : nl_bits(f->off, f->bits);
	struct checksum c = checksum_of(n, o, base);
	bool whole = operand_bits(o) % 8 == 0 && !at.shift;

	if (!whole || (c.type && at.bytes % 2)) {
		rewrite_payload(n, a, base, at, &c);
		return;
	}
	load_source(n, a, false);
	write_payload(n, base, &at, &c);
}

static void assign_option(struct nl *n, const struct inst_assign *a)
{
	struct nl_bits at = nl_bits(a->dst.hdr.off, a->dst.hdr.bits);
	struct nl_nest e;

	load_source(n, a, false);
	e = nl_expr(n, "exthdr");
	nl_register(n, NFTA_EXTHDR_SREG, 0);
	attr_u8(n->b, NFTA_EXTHDR_TYPE, a->dst.hdr.type);
	attr_u32(n->b, NFTA_EXTHDR_OFFSET, at.offset);
	attr_u32(n->b, NFTA_EXTHDR_LEN, at.bytes);
	attr_u32(n->b, NFTA_EXTHDR_OP, NFT_EXTHDR_OP_TCPOPT);
	nl_expr_end(n, e);
}

static void assign_meta(struct nl *n, const struct inst_assign *a)
{
	const struct field_info *f = &field_table[a->dst.field];
	struct nl_nest e;

	load_source(n, a, f->order == ORDER_HOST);
	e = nl_expr(n, "meta");
	attr_u32(n->b, NFTA_META_KEY, f->key);
	nl_register(n, NFTA_META_SREG, 0);
	nl_expr_end(n, e);
}

static void assign_ct(struct nl *n, const struct inst_assign *a)
{
	const struct field_info *f = &field_table[a->dst.field];
	struct nl_nest e;

	load_source(n, a, f->order == ORDER_HOST);
	e = nl_expr(n, "ct");
	attr_u32(n->b, NFTA_CT_KEY, f->key);
	if (a->dst.dir != DIR_NONE)
		attr_u8(n->b, NFTA_CT_DIRECTION, a->dst.dir == DIR_REPLY);
	nl_register(n, NFTA_CT_SREG, 0);
	nl_expr_end(n, e);
}

void nl_assign(struct nl *n, const struct inst_assign *a)
{
	switch ((enum field_kind)field_table[a->dst.field].kind) {
	case KIND_META: assign_meta(n, a); break;
	case KIND_CT: assign_ct(n, a); break;
	case KIND_PAYLOAD:
	case KIND_RAW: assign_payload(n, a); break;
	case KIND_TCPOPT: assign_option(n, a); break;
	case KIND_EXTHDR:
	case KIND_IPOPT:
	case KIND_SCTPCHUNK:
	case KIND_FIB:
	case KIND_RT:
	case KIND_SOCKET:
	case KIND_IPSEC:
	case KIND_OSF:
	case KIND_GEN: nl_refuse(n, "'%s' can't be written", field_table[a->dst.field].nft); break;
	}
}
