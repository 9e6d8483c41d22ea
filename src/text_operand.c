/* SPDX-License-Identifier: GPL-2.0-or-later */
/* text_operand: fields with their parameters and transformations. */
#include "text.h"

#include <string.h>
#include <netinet/in.h>

/* Whether nft takes the field as the named one without adding a test. */
bool text_known_l4(const struct text *t, const struct operand *o)
{
	const struct field_info *f = &field_table[o->field];

	if (f->kind != KIND_PAYLOAD || t->declaring)
		return true;
	if (f->base == BASE_TH && t->l4proto == L4_CONFLICT)
		return false;
	if (f->base == BASE_LL)
		return t->ether;
	return !f->l4proto || t->l4proto == f->l4proto;
}

static void put_raw(struct text *t, unsigned base, unsigned off, unsigned bits)
{
	static const char *const bases[] = { "@ll,", "@nh,", "@th," };

	buffer_puts(t->b, bases[base]);
	buffer_u64(t->b, off);
	buffer_char(t->b, ',');
	buffer_u64(t->b, bits);
}

static void put_ct(struct text *t, const struct operand *o)
{
	static const char *const dirs[] = { "", "original ", "reply " };
	const char *name = field_table[o->field].nft, *hole = strchr(name, '%');

	if (!hole) {
		buffer_puts(t->b, name);
		return;
	}
	buffer_put(t->b, name, (size_t)(hole - name));
	buffer_puts(t->b, dirs[o->dir]);
	buffer_puts(t->b, hole + 3); /* "%s " */
}

struct part {
	uint8_t type;
	uint16_t off, bits;
	const char *name;
};

static const struct part *part_find(const struct part *p, const struct operand *o)
{
	for (; p->name; p++)
		if (p->type == o->hdr.type && p->off == o->hdr.off && p->bits == o->hdr.bits)
			return p;
	return NULL;
}

/* exthdr.c of nftables; type 0 is hop-by-hop. */
static const struct part exthdr_parts[] = {
	{ 0, 0, 8, "hbh nexthdr" }, { 0, 8, 8, "hbh hdrlength" },
	{ 43, 0, 8, "rt nexthdr" }, { 43, 8, 8, "rt hdrlength" }, { 43, 16, 8, "rt type" },
	{ 43, 24, 8, "rt seg-left" },
	{ 44, 0, 8, "frag nexthdr" }, { 44, 8, 8, "frag reserved" }, { 44, 16, 13, "frag frag-off" },
	{ 44, 29, 2, "frag reserved2" }, { 44, 31, 1, "frag more-fragments" }, { 44, 32, 32, "frag id" },
	{ 60, 0, 8, "dst nexthdr" }, { 60, 8, 8, "dst hdrlength" },
	{ 135, 0, 8, "mh nexthdr" }, { 135, 8, 8, "mh hdrlength" }, { 135, 16, 8, "mh type" },
	{ 135, 24, 8, "mh reserved" }, { 135, 32, 16, "mh checksum" },
	{ 0, 0, 0, NULL },
};

static const char *exthdr_word(uint8_t type)
{
	switch (type) {
	case IPPROTO_HOPOPTS: return "hbh";
	case IPPROTO_ROUTING: return "rt";
	case IPPROTO_FRAGMENT: return "frag";
	case IPPROTO_DSTOPTS: return "dst";
	case IPPROTO_MH: return "mh";
	default: return NULL;
	}
}

static void put_exthdr(struct text *t, const struct operand *o)
{
	const struct part *p = part_find(exthdr_parts, o);
	const char *word = exthdr_word(o->hdr.type);

	if (o->exists && word) {
		buffer_lit(t->b, "exthdr ");
		buffer_puts(t->b, word);
	} else if (!o->exists && p) {
		buffer_puts(t->b, p->name);
	} else {
		text_refuse(t, "nft's text has no name for these bytes of extension header %u",
			    o->hdr.type);
	}
}

static const struct part tcpopt_parts[] = {
	{ 2, 16, 16, "tcp option maxseg size" }, { 3, 16, 8, "tcp option window count" },
	{ 8, 16, 32, "tcp option timestamp tsval" }, { 8, 48, 32, "tcp option timestamp tsecr" },
	{ 0, 0, 0, NULL },
};

static const char *tcpopt_word(uint8_t kind)
{
	static const char *const words[] = { "eol", "nop", "maxseg", "window", "sack-perm", "sack",
					     NULL, NULL, "timestamp" };

	return kind < 9 ? words[kind] : NULL;
}

static void put_tcpopt(struct text *t, const struct operand *o)
{
	const struct part *p = part_find(tcpopt_parts, o);

	if (!o->exists && p) {
		buffer_puts(t->b, p->name);
		return;
	}
	buffer_lit(t->b, "tcp option ");
	if (o->exists) {
		if (tcpopt_word(o->hdr.type))
			buffer_puts(t->b, tcpopt_word(o->hdr.type));
		else
			buffer_u64(t->b, o->hdr.type);
		return;
	}
	buffer_char(t->b, '@');
	buffer_u64(t->b, o->hdr.type);
	buffer_char(t->b, ',');
	buffer_u64(t->b, o->hdr.off);
	buffer_char(t->b, ',');
	buffer_u64(t->b, o->hdr.bits);
}

static const struct part ipopt_parts[] = {
	{ 131, 0, 8, "lsrr type" }, { 131, 8, 8, "lsrr length" }, { 131, 16, 8, "lsrr ptr" },
	{ 131, 24, 32, "lsrr addr" },
	{ 7, 0, 8, "rr type" }, { 7, 8, 8, "rr length" }, { 7, 16, 8, "rr ptr" }, { 7, 24, 32, "rr addr" },
	{ 137, 0, 8, "ssrr type" }, { 137, 8, 8, "ssrr length" }, { 137, 16, 8, "ssrr ptr" },
	{ 137, 24, 32, "ssrr addr" },
	{ 148, 0, 8, "ra type" }, { 148, 8, 8, "ra length" }, { 148, 16, 16, "ra value" },
	{ 0, 0, 0, NULL },
};

static void put_ipopt(struct text *t, const struct operand *o)
{
	const struct part *p = part_find(ipopt_parts, o);
	const char *word = o->hdr.type == 131   ? "lsrr"
			   : o->hdr.type == 7   ? "rr"
			   : o->hdr.type == 137 ? "ssrr"
			   : o->hdr.type == 148 ? "ra"
						: NULL;

	if (o->exists ? !word : !p) {
		text_refuse(t, "nft's text has no name for IP option %u", o->hdr.type);
		return;
	}
	buffer_lit(t->b, "ip option ");
	buffer_puts(t->b, o->exists ? word : p->name);
}

static const char *chunk_word(uint8_t type)
{
	static const char *const words[] = {
		"data", "init", "init-ack", "sack", "heartbeat", "heartbeat-ack", "abort", "shutdown",
		"shutdown-ack", "error", "cookie-echo", "cookie-ack", "ecne", "cwr",
		"shutdown-complete",
	};

	if (type < sizeof(words) / sizeof(*words))
		return words[type];
	return type == 0x80 ? "asconf-ack" : type == 0xc0 ? "forward-tsn" : type == 0xc1 ? "asconf" : NULL;
}

static void put_chunk(struct text *t, const struct operand *o)
{
	const char *word = chunk_word(o->hdr.type);
	const char *part = o->exists ? ""
			   : o->hdr.bits == 8 && o->hdr.off == 0   ? " type"
			   : o->hdr.bits == 8 && o->hdr.off == 8   ? " flags"
			   : o->hdr.bits == 16 && o->hdr.off == 16 ? " length"
								   : NULL;

	if (!word || !part) {
		text_refuse(t, "nft's text has no name for these bytes of SCTP chunk %u", o->hdr.type);
		return;
	}
	buffer_lit(t->b, "sctp chunk ");
	buffer_puts(t->b, word);
	buffer_puts(t->b, part);
}

static void put_fib(struct text *t, const struct operand *o)
{
	static const char *const words[] = { "saddr", "daddr", "mark", "iif", "oif" };
	bool first = true;

	buffer_lit(t->b, "fib ");
	for (unsigned i = 0; i < 5; i++) {
		if (!(o->fib.flags & 1u << i))
			continue;
		if (!first)
			buffer_lit(t->b, " . ");
		buffer_puts(t->b, words[i]);
		first = false;
	}
	buffer_char(t->b, ' ');
	buffer_puts(t->b, field_table[o->field].nft);
}

static void put_ipsec(struct text *t, const struct operand *o)
{
	buffer_puts(t->b, o->ipsec.out ? "ipsec out " : "ipsec in ");
	if (o->ipsec.spnum) {
		buffer_lit(t->b, "spnum ");
		buffer_u64(t->b, o->ipsec.spnum);
		buffer_char(t->b, ' ');
	}
	buffer_puts(t->b, field_table[o->field].nft);
}

static void put_osf(struct text *t, const struct operand *o)
{
	static const char *const ttl[] = { "", "ttl loose ", "ttl skip " };

	buffer_lit(t->b, "osf ");
	buffer_puts(t->b, ttl[o->osf.ttl > 2 ? 0 : o->osf.ttl]);
	buffer_puts(t->b, o->osf.flags ? "version" : "name");
}

static void put_gen(struct text *t, const struct operand *o)
{
	buffer_puts(t->b, field_table[o->field].nft);
	if (o->field == FIELD_JHASH) {
		buffer_char(t->b, ' ');
		text_concat(t, o->gen.of, o->gen.nof);
	}
	buffer_lit(t->b, " mod ");
	buffer_u64(t->b, o->gen.modulus);
	if (o->gen.seeded) {
		buffer_lit(t->b, " seed ");
		buffer_hex(t->b, o->gen.seed, 1);
	}
	if (o->gen.offset) {
		buffer_lit(t->b, " offset ");
		buffer_u64(t->b, o->gen.offset);
	}
}

static void put_field(struct text *t, const struct operand *o)
{
	const struct field_info *f = &field_table[o->field];

	switch ((enum field_kind)f->kind) {
	case KIND_META: buffer_puts(t->b, f->nft); break;
	case KIND_CT: put_ct(t, o); break;
	case KIND_PAYLOAD:
		if (text_known_l4(t, o))
			buffer_puts(t->b, f->nft);
		else
			put_raw(t, f->base, f->off, f->bits);
		break;
	case KIND_RAW: put_raw(t, o->raw.base, o->raw.off, o->raw.bits); break;
	case KIND_EXTHDR: put_exthdr(t, o); break;
	case KIND_TCPOPT: put_tcpopt(t, o); break;
	case KIND_IPOPT: put_ipopt(t, o); break;
	case KIND_SCTPCHUNK: put_chunk(t, o); break;
	case KIND_FIB: put_fib(t, o); break;
	case KIND_RT: buffer_puts(t->b, f->nft); break;
	case KIND_SOCKET:
		buffer_puts(t->b, f->nft);
		if (o->field == FIELD_SOCKET_CGROUPV2) {
			buffer_lit(t->b, " level ");
			buffer_u64(t->b, o->socket.level);
		}
		break;
	case KIND_IPSEC: put_ipsec(t, o); break;
	case KIND_OSF: put_osf(t, o); break;
	case KIND_GEN: put_gen(t, o); break;
	}
}

/* How tightly nft's grammar binds: shift over and over xor. */
static unsigned binding(uint8_t op)
{
	switch ((enum xform_op)op) {
	case XFORM_SHL:
	case XFORM_SHR: return 3;
	case XFORM_AND: return 2;
	case XFORM_XOR: break;
	}
	return 1;
}

/* A mask of flags by their names, anything else as the field's own kind of value. */
static void put_xform_value(struct text *t, const struct operand *o, const struct xform *x)
{
	enum value_type type = (enum value_type)field_table[o->field].type;
	unsigned bytes = operand_bytes(o);

	switch ((int)type) {
	case TYPE_IPV4:
	case TYPE_IPV6:
	case TYPE_ETHER: text_operand_value(t, o, &x->value); return;
	case TYPE_CT_STATE:
	case TYPE_CT_STATUS:
	case TYPE_TCP_FLAGS:
		if (text_known_l4(t, o)) {
			uint64_t v = value_get(&x->value, bytes);
			size_t before = t->b->len;
			bool many = (v & (v - 1)) != 0;

			if (many)
				buffer_char(t->b, '(');
			if (text_flags(t, type, v, " | ")) {
				if (many)
					buffer_char(t->b, ')');
				return;
			}
			t->b->len = before;
		}
		break;
	default: break;
	}
	if (bytes <= 8)
		buffer_hex(t->b, value_get(&x->value, bytes), 1);
	else
		text_value(t, TYPE_INTEGER, bytes, &x->value);
}

static void put_xforms(struct text *t, const struct operand *o)
{
	static const char *const ops[] = {
		[XFORM_AND] = " & ", [XFORM_XOR] = " ^ ", [XFORM_SHL] = " << ", [XFORM_SHR] = " >> ",
	};

	for (unsigned i = 0; i < o->nxf; i++) {
		const struct xform *x = &o->xf[i];

		if (i && binding(x->op) > binding(o->xf[i - 1].op))
			buffer_char(t->b, ')');
		buffer_puts(t->b, ops[x->op]);
		if (x->op == XFORM_SHL || x->op == XFORM_SHR)
			buffer_u64(t->b, x->shift);
		else
			put_xform_value(t, o, x);
	}
}

void text_operand(struct text *t, const struct operand *o)
{
	for (unsigned i = 1; i < o->nxf; i++)
		if (binding(o->xf[i].op) > binding(o->xf[i - 1].op))
			buffer_char(t->b, '(');
	put_field(t, o);
	if (o->nxf)
		put_xforms(t, o);
}

void text_concat(struct text *t, const struct operand *o, unsigned n)
{
	for (unsigned i = 0; i < n; i++) {
		if (i)
			buffer_lit(t->b, " . ");
		text_operand(t, &o[i]);
	}
}
