/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * nl_udata: what nft notes down beside rules and sets for its own listing: libnftnl's udata.h, and
 * the numbers of nft's types (enum datatypes), which the kernel keeps without looking at them.
 */
#include "nl.h"

#include <string.h>
#include <netinet/in.h>
#include <libnftnl/udata.h>
#include <linux/netfilter/nf_tables.h>
#include "nl_attr.h"
#include "text.h"

#define COMMENT_MAX      128 /* NFTNL_UDATA_COMMENT_MAXLEN */
#define NFT_TYPE_INTEGER 4

void udata_put(struct nl_udata *u, unsigned type, const void *p, size_t len)
{
	if (u->len + 2 + len > sizeof(u->b) || len > UINT8_MAX)
		return; /* a note that doesn't fit is left out */
	u->b[u->len++] = (uint8_t)type;
	u->b[u->len++] = (uint8_t)len;
	if (len)
		memcpy(u->b + u->len, p, len);
	u->len += len;
}

/* In the machine's byte order, as nft has them. */
void udata_u32(struct nl_udata *u, unsigned type, uint32_t v)
{
	udata_put(u, type, &v, sizeof(v));
}

void udata_comment(struct nl_udata *u, unsigned type, const char *s, size_t len)
{
	char c[COMMENT_MAX + 1];

	len = text_whole_characters(s, len, COMMENT_MAX);
	for (size_t i = 0; i < len; i++)
		c[i] = (char)(s[i] == '"' ? '\'' : s[i] == '\n' || s[i] == '\r' ? ' ' : s[i]);
	c[len] = '\0';
	udata_put(u, type, c, len + 1);
}

/* payload_init_raw(): nft takes these bytes of any transport header for ports; 0: not them. */
static unsigned raw_port(const struct operand *o)
{
	const struct field_info *f = &field_table[o->field];
	bool raw = f->kind == KIND_RAW;
	unsigned base = raw ? o->raw.base : f->base, offset = raw ? o->raw.off : f->off;
	unsigned bits = raw ? o->raw.bits : f->bits;

	if (base != BASE_TH || bits != 16 || (offset != 0 && offset != 16))
		return 0;
	return offset ? 2 : 1;
}

static bool is_raw(const struct nl *n, const struct operand *o)
{
	unsigned kind = field_table[o->field].kind;

	return kind == KIND_RAW || (kind == KIND_PAYLOAD && !nft_view_named(&n->view, o));
}

unsigned nl_type(const struct nl *n, const struct operand *o)
{
	static const uint8_t types[] = {
		[TYPE_INTEGER] = 4,    [TYPE_PROTO] = 12,     [TYPE_ETHERTYPE] = 10,
		[TYPE_MARK] = 19,      [TYPE_CLASSID] = 23,   [TYPE_IFNAME] = 41,
		[TYPE_IFINDEX] = 20,   [TYPE_IFTYPE] = 21,    [TYPE_UID] = 24,
		[TYPE_GID] = 25,       [TYPE_REALM] = 22,     [TYPE_PKTTYPE] = 31,
		[TYPE_DEVGROUP] = 35,  [TYPE_TIME] = 43,      [TYPE_DAY] = 45,
		[TYPE_HOUR] = 44,      [TYPE_CT_STATE] = 26,  [TYPE_CT_DIR] = 27,
		[TYPE_CT_STATUS] = 28, [TYPE_MSEC] = 18,      [TYPE_STRING] = 5,
		[TYPE_CT_LABEL] = 30,  [TYPE_NFPROTO] = 2,    [TYPE_IPV4] = 7,
		[TYPE_IPV6] = 8,       [TYPE_PORT] = 13,      [TYPE_CT_EVENT] = 40,
		[TYPE_ETHER] = 9,      [TYPE_DSCP] = 36,      [TYPE_ECN] = 37,
		[TYPE_TCP_FLAGS] = 15, [TYPE_DCCP_TYPE] = 16, [TYPE_ICMP_TYPE] = 14,
		[TYPE_ICMPV6_TYPE] = 29, [TYPE_ADDRTYPE] = 38, [TYPE_CGROUPV2] = 46,
	};

	if (is_raw(n, o))
		return types[raw_port(o) ? TYPE_PORT : TYPE_INTEGER];
	if (o->field == FIELD_ICMP_CODE)
		return 32;
	if (o->field == FIELD_ICMPV6_CODE)
		return 33;
	return types[field_table[o->field].type];
}

/* The order that nft has a field in; not always the kernel's. */
unsigned nl_byte_order(const struct operand *o)
{
	const struct field_info *f = &field_table[o->field];

	if (f->kind == KIND_META)
		return o->field == FIELD_META_PROTOCOL || o->field == FIELD_META_RANDOM ? NL_BIG_ENDIAN
											: NL_HOST_ORDER;
	if (f->kind == KIND_SOCKET || o->field == FIELD_CT_DIRECTION ||
	    o->field == FIELD_CT_L3PROTO)
		return NL_HOST_ORDER;
	return f->order == ORDER_NET ? NL_BIG_ENDIAN : NL_HOST_ORDER;
}

/* A note inside a note: what is put until udata_end() is its contents. */
static size_t udata_nest(struct nl_udata *u, unsigned type)
{
	udata_put(u, type, NULL, 0);
	return u->len;
}

static void udata_end(struct nl_udata *u, size_t at)
{
	if (at)
		u->b[at - 1] = (uint8_t)(u->len - at);
}

/* nft's numbers of headers (enum proto_desc_id) and of the fields in each. */
static const struct header_field {
	uint8_t field, header, number;
} header_fields[] = {
	{ FIELD_ETHER_DADDR, 17, 1 },  { FIELD_ETHER_SADDR, 17, 2 },   { FIELD_IP_VERSION, 12, 1 },
	{ FIELD_IP_HDRLENGTH, 12, 2 }, { FIELD_IP_DSCP, 12, 3 },       { FIELD_IP_ECN, 12, 4 },
	{ FIELD_IP_LENGTH, 12, 5 },    { FIELD_IP_ID, 12, 6 },	       { FIELD_IP_FRAG_OFF, 12, 7 },
	{ FIELD_IP_TTL, 12, 8 },       { FIELD_IP_PROTOCOL, 12, 9 },   { FIELD_IP_SADDR, 12, 11 },
	{ FIELD_IP_DADDR, 12, 12 },    { FIELD_IP6_DSCP, 13, 2 },      { FIELD_IP6_ECN, 13, 3 },
	{ FIELD_IP6_LENGTH, 13, 5 },   { FIELD_IP6_NEXTHDR, 13, 6 },   { FIELD_IP6_HOPLIMIT, 13, 7 },
	{ FIELD_IP6_SADDR, 13, 8 },    { FIELD_IP6_DADDR, 13, 9 },     { FIELD_TCP_SPORT, 8, 1 },
	{ FIELD_TCP_DPORT, 8, 2 },     { FIELD_TCP_DOFF, 8, 5 },       { FIELD_TCP_FLAGS, 8, 7 },
	{ FIELD_UDP_SPORT, 6, 1 },     { FIELD_UDP_DPORT, 6, 2 },      { FIELD_UDPLITE_SPORT, 7, 1 },
	{ FIELD_UDPLITE_DPORT, 7, 2 }, { FIELD_SCTP_SPORT, 10, 1 },    { FIELD_SCTP_DPORT, 10, 2 },
	{ FIELD_DCCP_SPORT, 9, 1 },    { FIELD_DCCP_DPORT, 9, 2 },     { FIELD_DCCP_TYPE, 9, 3 },
	{ FIELD_TH_SPORT, 11, 1 },     { FIELD_TH_DPORT, 11, 2 },      { FIELD_ICMP_TYPE, 4, 1 },
	{ FIELD_ICMP_CODE, 4, 2 },     { FIELD_ICMPV6_TYPE, 14, 1 },   { FIELD_ICMPV6_CODE, 14, 2 },
	{ FIELD_AH_RESERVED, 1, 3 },   { FIELD_AH_HDRLENGTH, 1, 2 },   { FIELD_AH_SPI, 1, 4 },
	{ FIELD_ESP_SPI, 2, 1 },       { FIELD_COMP_CPI, 3, 3 },
};

static struct header_field header_field(const struct nl *n, const struct operand *o)
{
	enum { TRANSPORT = 11 };

	for (size_t i = 0; i < sizeof(header_fields) / sizeof(*header_fields); i++)
		if (header_fields[i].field == o->field && !is_raw(n, o))
			return header_fields[i];
	if (raw_port(o))
		return (struct header_field){ 0, TRANSPORT, (uint8_t)raw_port(o) };
	return (struct header_field){ 0 };
}

static void payload_typeof(const struct nl *n, struct nl_udata *u, const struct operand *o)
{
	enum { DESC, TYPE, BASE, OFFSET, LEN }; /* NFTNL_UDATA_SET_KEY_PAYLOAD_* */
	const struct field_info *f = &field_table[o->field];
	bool raw = f->kind == KIND_RAW;
	struct header_field h = header_field(n, o);

	udata_u32(u, DESC, h.header);
	udata_u32(u, TYPE, h.number);
	if (!h.header) {
		udata_u32(u, BASE, (raw ? o->raw.base : f->base) + 1u);
		udata_u32(u, OFFSET, raw ? o->raw.off : f->off);
	}
	if (nl_type(n, o) == NFT_TYPE_INTEGER)
		udata_u32(u, LEN, operand_bits(o));
}

/* nft's numbers of the routing header's parts (enum exthdr_desc_id, RTHDR_*, RT4HDR_*); the first four bytes are
 * common to all types. No other extension header is ever a set's key. */
static const struct header_field *routing_field(const struct operand *o)
{
	static const struct header_field common[] = { { 0, 2, 1 }, { 0, 2, 2 }, { 0, 2, 3 }, { 0, 2, 4 } };
	static const struct header_field srh[] = { { 0, 5, 1 }, { 0, 5, 2 }, { 0, 5, 3 } };

	if (o->hdr.type != IPPROTO_ROUTING || o->exists || o->hdr.off > 48)
		return NULL;
	return o->hdr.off < 32 ? &common[o->hdr.off / 8] : &srh[o->hdr.off / 8 - 4];
}

static void exthdr_typeof(struct nl_udata *u, const struct operand *o)
{
	enum { DESC, TYPE }; /* NFTNL_UDATA_EXTHDR_* */
	const struct header_field *h = routing_field(o);

	udata_u32(u, TYPE, h->number);
	udata_u32(u, DESC, h->header);
}

/* enum expr_types; 0: nft keeps no note of these. */
static unsigned expr_type(const struct operand *o)
{
	if (o->nxf || operand_bits(o) % 8 || nl_shape(o, true).shift)
		return 0;
	switch ((enum field_kind)field_table[o->field].kind) {
	case KIND_META: return 9;
	case KIND_CT: return 12;
	case KIND_PAYLOAD:
	case KIND_RAW: return 7;
	case KIND_RT: return 25;
	case KIND_FIB: return 26;
	case KIND_SOCKET: return 10;
	case KIND_EXTHDR: return routing_field(o) ? 8 : 0;
	case KIND_TCPOPT:
	case KIND_IPOPT:
	case KIND_SCTPCHUNK:
	case KIND_IPSEC:
	case KIND_OSF:
	case KIND_GEN: break;
	}
	return 0;
}

static void one_typeof(const struct nl *n, struct nl_udata *u, const struct operand *o)
{
	const struct field_info *f = &field_table[o->field];

	switch (expr_type(o)) {
	case 7: payload_typeof(n, u, o); break;
	case 8: exthdr_typeof(u, o); break;
	case 9: udata_u32(u, 0, f->key); break;
	case 10:
	case 25: udata_u32(u, 0, (uint32_t)nl_key(o)); break;
	case 12:
		udata_u32(u, 0, f->key);
		udata_u32(u, 1, o->dir == DIR_NONE ? UINT32_MAX : o->dir == DIR_REPLY);
		break;
	case 26:
		udata_u32(u, 0, (uint32_t)nl_key(o));
		udata_u32(u, 1, o->fib.flags | (o->exists ? NFTA_FIB_F_PRESENT : 0u));
		break;
	default: break;
	}
}

/* { expression type, { its parameters } } */
static void put_typeof(const struct nl *n, struct nl_udata *u, unsigned type,
		       const struct operand *o)
{
	size_t outer = udata_nest(u, type), inner;

	udata_u32(u, 0, expr_type(o));
	inner = udata_nest(u, 1);
	one_typeof(n, u, o);
	udata_end(u, inner);
	udata_end(u, outer);
}

void udata_typeof(const struct nl *n, struct nl_udata *u, unsigned type, const struct operand *o)
{
	if (expr_type(o))
		put_typeof(n, u, type, o);
}

void udata_typeof_concat(const struct nl *n, struct nl_udata *u, unsigned type,
			 const struct operand *o, unsigned count)
{
	enum { CONCAT = 13 };
	size_t outer = udata_nest(u, type), inner;

	udata_u32(u, 0, CONCAT);
	inner = udata_nest(u, 1);
	for (unsigned i = 0; i < count && expr_type(&o[i]); i++)
		put_typeof(n, u, i, &o[i]);
	udata_end(u, inner);
	udata_end(u, outer);
}
