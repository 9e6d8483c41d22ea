/* SPDX-License-Identifier: GPL-2.0-or-later */
/* field: what field.def says, as a table; and operands: a field with its parameters. */
#ifndef IPTC2NFT_FIELD_H
#define IPTC2NFT_FIELD_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

enum field_id {
#define META(id, nft, key, bits, order, type)        FIELD_##id,
#define CT(id, nft, key, bits, order, type)          FIELD_##id,
#define PAYLOAD(id, nft, base, off, bits, l4, type)  FIELD_##id,
#define OTHER(id, nft, kind, bits, order, type)      FIELD_##id,
#include "field.def"
	FIELD_COUNT
};

enum field_kind {
	KIND_META, KIND_CT, KIND_PAYLOAD, KIND_RAW, KIND_EXTHDR, KIND_TCPOPT, KIND_IPOPT,
	KIND_SCTPCHUNK, KIND_FIB, KIND_RT, KIND_SOCKET, KIND_IPSEC, KIND_OSF, KIND_GEN,
};

enum field_order { ORDER_HOST, ORDER_NET, ORDER_TEXT };
enum payload_base { BASE_LL, BASE_NH, BASE_TH }; /* NFT_PAYLOAD_*_HEADER, same order */

/* How a value is written in text, and which nft datatype a set of it has. */
enum value_type {
	TYPE_INTEGER, TYPE_PROTO, TYPE_ETHERTYPE, TYPE_MARK, TYPE_CLASSID, TYPE_IFNAME, TYPE_IFINDEX,
	TYPE_IFTYPE, TYPE_UID, TYPE_GID, TYPE_REALM, TYPE_PKTTYPE, TYPE_DEVGROUP, TYPE_TIME, TYPE_DAY,
	TYPE_HOUR, TYPE_CT_STATE, TYPE_CT_DIR, TYPE_CT_STATUS, TYPE_MSEC, TYPE_STRING, TYPE_CT_LABEL,
	TYPE_NFPROTO, TYPE_IPV4, TYPE_IPV6, TYPE_PORT, TYPE_CT_EVENT, TYPE_ETHER, TYPE_DSCP, TYPE_ECN,
	TYPE_TCP_FLAGS, TYPE_DCCP_TYPE, TYPE_ICMP_TYPE, TYPE_ICMPV6_TYPE, TYPE_ADDRTYPE, TYPE_CGROUPV2,
};

struct field_info {
	const char *nft;
	uint8_t kind, order, type;
	uint8_t l4proto;  /* PAYLOAD: needs this transport protocol; 0: none */
	uint8_t base;     /* PAYLOAD: enum payload_base */
	uint16_t key;     /* META, CT: kernel key */
	uint16_t off;     /* PAYLOAD: bit offset */
	uint16_t bits;    /* 0: the operand says */
};

extern const struct field_info field_table[FIELD_COUNT];

/*
 * A value: as many bytes as its field is wide (bits rounded up), big-endian whatever the field's
 * register order is; strings NUL-padded. memcmp() therefore orders numbers. A field that is not
 * whole bytes (ip dscp) holds its number right-aligned in its bytes.
 */
struct value {
	uint8_t b[16];
};

struct value_range {
	struct value lo, hi; /* lo == hi: one value */
};

enum xform_op { XFORM_AND, XFORM_XOR, XFORM_SHL, XFORM_SHR };

struct xform {
	uint8_t op;
	uint8_t shift;      /* SHL, SHR: bits */
	struct value value; /* AND, XOR: same width as the field */
};

enum ct_dir { DIR_NONE, DIR_ORIGINAL, DIR_REPLY };

/* What of the rare generators is too large for every operand to have room for it. */
struct operand_gen {
	const struct operand *of; /* JHASH: concatenation */
	uint32_t modulus, offset, seed;
	bool seeded;
	uint8_t nof;
};

/* fib flags: NFTA_FIB_F_* values */
struct operand {
	uint8_t field;
	uint8_t dir; /* CT: enum ct_dir */
	uint8_t nxf; /* transformations, applied in order */
	bool exists; /* EXTHDR, TCPOPT, IPOPT, SCTPCHUNK, FIB: 1-byte presence */
	union {
		struct {
			uint8_t base;
			uint16_t off, bits;
		} raw;
		struct {
			uint8_t type; /* next-header value, option kind, chunk type */
			uint16_t off, bits;
		} hdr;
		struct {
			uint8_t flags;
		} fib;
		struct {
			uint8_t out, spnum;
		} ipsec;
		const struct operand_gen *gen; /* GEN; never NULL */
		struct {
			uint8_t level; /* CGROUPV2 */
		} socket;
		struct {
			uint8_t ttl, flags; /* OSF */
		} osf;
	};
	const struct xform *xf;
};

/* Width of an operand in bits and in bytes (rounded up). In line, as the rest: asked in every test. */
static inline unsigned operand_bits(const struct operand *o)
{
	const struct field_info *f = &field_table[o->field];

	if (o->exists)
		return f->kind == KIND_FIB ? f->bits : 8;
	if (f->kind == KIND_RAW)
		return o->raw.bits;
	if (f->bits)
		return f->bits;
	return o->hdr.bits;
}

static inline unsigned operand_bytes(const struct operand *o)
{
	return (operand_bits(o) + 7) / 8;
}

/* May two loads for one packet differ, whatever rules do in between? Random numbers and the time. */
static inline bool field_varies(uint8_t field)
{
	return field == FIELD_NUMGEN_INC || field == FIELD_NUMGEN_RANDOM || field == FIELD_META_RANDOM ||
	       field == FIELD_META_TIME || field == FIELD_META_HOUR || field == FIELD_META_DAY;
}

/* Operands without parameters. */
static inline struct operand operand_of(enum field_id f)
{
	struct operand o = { .field = (uint8_t)f };
	return o;
}
struct operand operand_ct(enum field_id f, enum ct_dir dir);
struct operand operand_raw(enum payload_base base, unsigned off, unsigned bits);

/* Numbers to and from values of @bytes bytes (at most 8). */
static inline struct value value_num(uint64_t n, unsigned bytes)
{
	struct value v = { { 0 } };

	for (unsigned i = bytes; i-- > 0; n >>= 8)
		v.b[i] = (uint8_t)n;
	return v;
}

static inline uint64_t value_get(const struct value *v, unsigned bytes)
{
	uint64_t n = 0;

	for (unsigned i = 0; i < bytes; i++)
		n = n << 8 | v->b[i];
	return n;
}

static inline struct value value_bytes(const void *p, unsigned n)
{
	struct value v = { { 0 } };

	memcpy(v.b, p, n);
	return v;
}

#endif
