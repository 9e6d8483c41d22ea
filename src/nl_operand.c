/* SPDX-License-Identifier: GPL-2.0-or-later */
/* nl_operand: fields into registers, with their transformations. */
#include "nl.h"

#include <linux/netfilter/nf_tables.h>
#include "nl_attr.h"

void nl_to_network(struct nl *n, struct nl_reg *r)
{
	if (r->host && r->bytes > 1)
		nl_byteorder(n, r->word, false, r->bytes);
	r->host = false;
}

int nl_key(const struct operand *o)
{
	switch (o->field) {
	case FIELD_FIB_TYPE: return NFT_FIB_RESULT_ADDRTYPE;
	case FIELD_FIB_OIF: return NFT_FIB_RESULT_OIF;
	case FIELD_FIB_OIFNAME: return NFT_FIB_RESULT_OIFNAME;
	case FIELD_RT_TCPMSS: return NFT_RT_TCPMSS;
	case FIELD_RT_IPSEC: return NFT_RT_XFRM;
	case FIELD_SOCKET_TRANSPARENT: return NFT_SOCKET_TRANSPARENT;
	case FIELD_SOCKET_MARK: return NFT_SOCKET_MARK;
	case FIELD_SOCKET_WILDCARD: return NFT_SOCKET_WILDCARD;
	case FIELD_SOCKET_CGROUPV2: return NFT_SOCKET_CGROUPV2;
	case FIELD_IPSEC_REQID: return NFT_XFRM_KEY_REQID;
	case FIELD_IPSEC_SPI: return NFT_XFRM_KEY_SPI;
	case FIELD_IPSEC_SADDR: return NFT_XFRM_KEY_SADDR_IP4;
	case FIELD_IPSEC_DADDR: return NFT_XFRM_KEY_DADDR_IP4;
	case FIELD_IPSEC_SADDR6: return NFT_XFRM_KEY_SADDR_IP6;
	case FIELD_IPSEC_DADDR6: return NFT_XFRM_KEY_DADDR_IP6;
	case FIELD_NUMGEN_INC: return NFT_NG_INCREMENTAL;
	case FIELD_NUMGEN_RANDOM: return NFT_NG_RANDOM;
	case FIELD_JHASH: return NFT_HASH_JENKINS;
	case FIELD_SYMHASH: return NFT_HASH_SYM;
	default: return -1;
	}
}

static uint32_t key_of(struct nl *n, const struct operand *o)
{
	int key = nl_key(o);

	if (key < 0)
		nl_refuse(n, "netlink has no form for the field '%s'", field_table[o->field].nft);
	return (uint32_t)key;
}

static void load_exthdr(struct nl *n, const struct operand *o, unsigned op, unsigned word)
{
	struct nl_nest e = nl_expr(n, "exthdr");
	struct nl_bits p = { 0, 1, 0 };

	if (!o->exists)
		p = nl_bits(o->hdr.off, o->hdr.bits);
	nl_register(n, NFTA_EXTHDR_DREG, word);
	attr_u8(n->b, NFTA_EXTHDR_TYPE, o->hdr.type);
	attr_u32(n->b, NFTA_EXTHDR_OFFSET, p.offset);
	attr_u32(n->b, NFTA_EXTHDR_LEN, p.bytes);
	attr_u32(n->b, NFTA_EXTHDR_FLAGS, o->exists ? NFT_EXTHDR_F_PRESENT : 0);
	attr_u32(n->b, NFTA_EXTHDR_OP, op);
	nl_expr_end(n, e);
}

static void load_fib(struct nl *n, const struct operand *o, unsigned word)
{
	struct nl_nest e = nl_expr(n, "fib");

	nl_register(n, NFTA_FIB_DREG, word);
	attr_u32(n->b, NFTA_FIB_RESULT, key_of(n, o));
	attr_u32(n->b, NFTA_FIB_FLAGS, o->fib.flags | (o->exists ? NFTA_FIB_F_PRESENT : 0u));
	nl_expr_end(n, e);
}

static void load_socket(struct nl *n, const struct operand *o, unsigned word)
{
	struct nl_nest e = nl_expr(n, "socket");

	nl_register(n, NFTA_SOCKET_DREG, word);
	attr_u32(n->b, NFTA_SOCKET_KEY, key_of(n, o));
	attr_u32(n->b, NFTA_SOCKET_LEVEL,
		 o->field == FIELD_SOCKET_CGROUPV2 ? o->socket.level : 0u);
	nl_expr_end(n, e);
}

static void load_ipsec(struct nl *n, const struct operand *o, unsigned word)
{
	struct nl_nest e = nl_expr(n, "xfrm");

	nl_register(n, NFTA_XFRM_DREG, word);
	attr_u32(n->b, NFTA_XFRM_KEY, key_of(n, o));
	attr_u8(n->b, NFTA_XFRM_DIR, o->ipsec.out);
	attr_u32(n->b, NFTA_XFRM_SPNUM, o->ipsec.spnum);
	nl_expr_end(n, e);
}

static void load_osf(struct nl *n, const struct operand *o, unsigned word)
{
	struct nl_nest e = nl_expr(n, "osf");

	nl_register(n, NFTA_OSF_DREG, word);
	attr_u8(n->b, NFTA_OSF_TTL, o->osf.ttl);
	if (o->osf.flags)
		attr_u32(n->b, NFTA_OSF_FLAGS, NFT_OSF_F_VERSION);
	nl_expr_end(n, e);
}

/* nft puts what is hashed behind the register of the result. */
static void load_hash(struct nl *n, const struct operand *o, unsigned word)
{
	bool jhash = o->field == FIELD_JHASH;
	unsigned bytes = 0;
	struct nl_nest e;

	if (jhash) {
		nl_concat(n, o->gen->of, o->gen->nof, word + NL_WIDE, false);
		for (unsigned i = 0; i < o->gen->nof; i++)
			bytes += nl_words(operand_bytes(&o->gen->of[i])) * 4;
		if (o->gen->nof == 1)
			bytes = operand_bytes(o->gen->of);
	}
	e = nl_expr(n, "hash");
	nl_register(n, NFTA_HASH_DREG, word);
	if (jhash) {
		nl_register(n, NFTA_HASH_SREG, word + NL_WIDE);
		attr_u32(n->b, NFTA_HASH_LEN, bytes);
	}
	attr_u32(n->b, NFTA_HASH_MODULUS, o->gen->modulus);
	if (o->gen->seeded)
		attr_u32(n->b, NFTA_HASH_SEED, o->gen->seed);
	attr_u32(n->b, NFTA_HASH_OFFSET, o->gen->offset);
	attr_u32(n->b, NFTA_HASH_TYPE, key_of(n, o));
	nl_expr_end(n, e);
}

static void load_gen(struct nl *n, const struct operand *o, unsigned word)
{
	struct nl_nest e;

	if (o->field == FIELD_JHASH || o->field == FIELD_SYMHASH) {
		load_hash(n, o, word);
		return;
	}
	e = nl_expr(n, "numgen");
	nl_register(n, NFTA_NG_DREG, word);
	attr_u32(n->b, NFTA_NG_MODULUS, o->gen->modulus);
	attr_u32(n->b, NFTA_NG_TYPE, key_of(n, o));
	attr_u32(n->b, NFTA_NG_OFFSET, o->gen->offset);
	nl_expr_end(n, e);
}

/* meta, ct and rt: a key into a register. */
static void load_key(struct nl *n, const char *name, unsigned dreg, unsigned key_attr, uint32_t key,
		     unsigned word)
{
	struct nl_nest e = nl_expr(n, name);

	nl_register(n, dreg, word);
	attr_u32(n->b, key_attr, key);
	nl_expr_end(n, e);
}

static void load_ct(struct nl *n, const struct operand *o, unsigned word)
{
	struct nl_nest e = nl_expr(n, "ct");

	nl_register(n, NFTA_CT_DREG, word);
	attr_u32(n->b, NFTA_CT_KEY, field_table[o->field].key);
	if (o->dir != DIR_NONE)
		attr_u8(n->b, NFTA_CT_DIRECTION, o->dir == DIR_REPLY);
	nl_expr_end(n, e);
}

/* The place of a field in its header. */
static struct nl_bits place(const struct operand *o)
{
	const struct field_info *f = &field_table[o->field];

	switch ((enum field_kind)f->kind) {
	case KIND_PAYLOAD: return nl_bits(f->off, f->bits);
	case KIND_RAW: return nl_bits(o->raw.off, o->raw.bits);
	case KIND_EXTHDR:
	case KIND_TCPOPT:
	case KIND_IPOPT:
	case KIND_SCTPCHUNK:
		if (!o->exists)
			return nl_bits(o->hdr.off, o->hdr.bits);
		break;
	case KIND_META:
	case KIND_CT:
	case KIND_FIB:
	case KIND_RT:
	case KIND_SOCKET:
	case KIND_IPSEC:
	case KIND_OSF:
	case KIND_GEN: break;
	}
	return (struct nl_bits){ 0, operand_bytes(o), 0 };
}

static void load_field(struct nl *n, const struct operand *o, const struct nl_bits *p,
		       unsigned word)
{
	const struct field_info *f = &field_table[o->field];

	switch ((enum field_kind)f->kind) {
	case KIND_META: load_key(n, "meta", NFTA_META_DREG, NFTA_META_KEY, f->key, word); break;
	case KIND_CT: load_ct(n, o, word); break;
	case KIND_PAYLOAD: nl_payload(n, f->base, p->offset, p->bytes, word); break;
	case KIND_RAW: nl_payload(n, o->raw.base, p->offset, p->bytes, word); break;
	case KIND_EXTHDR: load_exthdr(n, o, NFT_EXTHDR_OP_IPV6, word); break;
	case KIND_TCPOPT: load_exthdr(n, o, NFT_EXTHDR_OP_TCPOPT, word); break;
	case KIND_IPOPT: load_exthdr(n, o, NFT_EXTHDR_OP_IPV4, word); break;
	case KIND_SCTPCHUNK: load_exthdr(n, o, NFT_EXTHDR_OP_SCTP, word); break;
	case KIND_FIB: load_fib(n, o, word); break;
	case KIND_RT:
		load_key(n, "rt", NFTA_RT_DREG, NFTA_RT_KEY, key_of(n, o), word);
		break;
	case KIND_SOCKET: load_socket(n, o, word); break;
	case KIND_IPSEC: load_ipsec(n, o, word); break;
	case KIND_OSF: load_osf(n, o, word); break;
	case KIND_GEN: load_gen(n, o, word); break;
	}
}

/* AND and XOR gathered into one expression: (x & mask) ^ xor. */
struct pending {
	uint8_t mask[16], flip[16];
	bool any;
};

static void pending_start(struct pending *p)
{
	memset(p->mask, 0xff, sizeof(p->mask));
	memset(p->flip, 0, sizeof(p->flip));
	p->any = false;
}

static void pending_flush(struct nl *n, struct pending *p, const struct nl_reg *r)
{
	if (!p->any)
		return;
	if (nl_swapped(r)) {
		nl_reverse(p->mask, r->bytes);
		nl_reverse(p->flip, r->bytes);
	}
	nl_bitwise(n, r->word, p->mask, p->flip, r->bytes);
	pending_start(p);
}

static void pending_add(struct pending *p, const struct nl_reg *r, unsigned from,
			const struct xform *x)
{
	uint8_t v[16];

	nl_shift_bytes(v, r->bytes, x->value.b, from, r->shift);
	for (unsigned i = 0; i < r->bytes; i++) {
		if (x->op == XFORM_XOR) {
			p->flip[i] ^= v[i];
		} else {
			p->mask[i] &= v[i];
			p->flip[i] &= v[i];
		}
	}
	p->any = true;
}

/* Shifts work on numbers of the machine. */
static void shift(struct nl *n, struct nl_reg *r, bool left, unsigned bits)
{
	if (!r->host && r->bytes > 1)
		nl_byteorder(n, r->word, true, r->bytes);
	r->host = true;
	nl_shift(n, r->word, left, bits, r->bytes);
}

static void transform(struct nl *n, const struct operand *o, struct nl_reg *r, struct pending *p)
{
	unsigned from = operand_bytes(o);

	for (unsigned i = 0; i < o->nxf; i++) {
		const struct xform *x = &o->xf[i];

		switch ((enum xform_op)x->op) {
		case XFORM_AND:
		case XFORM_XOR: pending_add(p, r, from, x); break;
		case XFORM_SHL:
		case XFORM_SHR:
			pending_flush(n, p, r);
			if (r->shift)
				shift(n, r, false, r->shift);
			r->shift = 0;
			shift(n, r, x->op == XFORM_SHL, x->shift);
			break;
		}
	}
}

struct nl_reg nl_shape(const struct operand *o, bool may_shift)
{
	struct nl_bits at = place(o);
	struct nl_reg r = { .bytes = at.bytes, .shift = at.shift };

	r.host = field_table[o->field].order == ORDER_HOST;
	for (unsigned i = 0; i < o->nxf; i++)
		if (o->xf[i].op == XFORM_SHL || o->xf[i].op == XFORM_SHR) {
			r.host = true;
			r.shift = 0;
		}
	if (r.shift && !may_shift) {
		r.host = true;
		r.shift = 0;
	}
	return r;
}

struct nl_reg nl_load(struct nl *n, const struct operand *o, unsigned word, bool may_shift)
{
	struct nl_bits at = place(o);
	struct nl_reg r = { .word = word, .bytes = at.bytes, .shift = at.shift };
	unsigned bits = operand_bits(o);
	struct pending p;

	r.host = field_table[o->field].order == ORDER_HOST;
	load_field(n, o, &at, word);
	pending_start(&p);
	if (bits % 8 || at.shift) {
		uint8_t ones[16];
		struct xform field = { .op = XFORM_AND };

		memset(ones, 0xff, sizeof(ones));
		ones[0] = (uint8_t)(bits % 8 ? (1u << bits % 8) - 1 : 0xff);
		memcpy(field.value.b, ones, sizeof(ones));
		pending_add(&p, &r, (bits + 7) / 8, &field);
	}
	transform(n, o, &r, &p);
	pending_flush(n, &p, &r);
	if (r.shift && !may_shift) {
		shift(n, &r, false, r.shift);
		r.shift = 0;
	}
	return r;
}

/* nft converts single bytes too, by which the kernel does nothing (nft_byteorder_eval()). */
static void concat_to_network(struct nl *n, const struct operand *o, struct nl_reg *r)
{
	if (r->bytes == 1 && nl_byte_order(o) == NL_HOST_ORDER)
		nl_byteorder(n, r->word, false, 1);
	nl_to_network(n, r);
}

unsigned nl_concat(struct nl *n, const struct operand *o, unsigned nops, unsigned word, bool net)
{
	unsigned start = word;

	for (unsigned i = 0; i < nops; i++) {
		if (word + nl_words(operand_bytes(&o[i])) > NL_WORDS) {
			nl_refuse(n, "the fields together are longer than nf_tables' registers");
			return word - start;
		}

		struct nl_reg r = nl_load(n, &o[i], word, false);

		if (net)
			concat_to_network(n, &o[i], &r);
		word += nl_words(operand_bytes(&o[i]));
	}
	return word - start;
}
