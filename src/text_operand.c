/* SPDX-License-Identifier: GPL-2.0-or-later */
/* text_operand: fields with their parameters and transformations. */
#include "text.h"

#include <string.h>
#include "words.h"

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

/* Extension headers, options and chunks: "hbh nexthdr", "exthdr hbh", "tcp option maxseg size", …
 */
static void put_header(struct text *t, const struct operand *o)
{
	const char *word = words_header(o), *field = words_header_field(o);
	const struct field_info *f = &field_table[o->field];

	if (!word || !field) {
		text_refuse(t, "nft's text has no name for these bytes of %s %u", f->nft,
			    o->hdr.type);
		return;
	}
	if (f->kind != KIND_EXTHDR || o->exists) {
		buffer_puts(t->b, f->nft);
		buffer_char(t->b, ' ');
	}
	buffer_puts(t->b, word);
	if (*field) {
		buffer_char(t->b, ' ');
		buffer_puts(t->b, field);
	}
}

/* TCP options can also be named by number. */
static void put_tcpopt(struct text *t, const struct operand *o)
{
	if (words_header(o) && words_header_field(o)) {
		put_header(t, o);
		return;
	}
	buffer_lit(t->b, "tcp option ");
	if (!o->exists)
		buffer_char(t->b, '@');
	buffer_u64(t->b, o->hdr.type);
	if (o->exists)
		return;
	buffer_char(t->b, ',');
	buffer_u64(t->b, o->hdr.off);
	buffer_char(t->b, ',');
	buffer_u64(t->b, o->hdr.bits);
}

static void put_fib(struct text *t, const struct operand *o)
{
	const char *sep = " ";

	buffer_lit(t->b, "fib");
	for (unsigned i = 0; i < 5; i++) {
		if (!(o->fib.flags & 1u << i))
			continue;
		buffer_puts(t->b, sep);
		buffer_puts(t->b, words_fib_flag(i));
		sep = " . ";
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
		text_concat(t, o->gen->of, o->gen->nof);
	}
	buffer_lit(t->b, " mod ");
	buffer_u64(t->b, o->gen->modulus);
	if (o->gen->seeded) {
		buffer_lit(t->b, " seed ");
		buffer_hex(t->b, o->gen->seed, 1);
	}
	if (o->gen->offset) {
		buffer_lit(t->b, " offset ");
		buffer_u64(t->b, o->gen->offset);
	}
}

static void put_field(struct text *t, const struct operand *o)
{
	const struct field_info *f = &field_table[o->field];

	switch ((enum field_kind)f->kind) {
	case KIND_META: buffer_puts(t->b, f->nft); break;
	case KIND_CT: put_ct(t, o); break;
	case KIND_PAYLOAD:
		if (nft_view_named(&t->view, o))
			buffer_puts(t->b, f->nft);
		else
			put_raw(t, f->base, f->off, f->bits);
		break;
	case KIND_RAW: put_raw(t, o->raw.base, o->raw.off, o->raw.bits); break;
	case KIND_EXTHDR:
	case KIND_IPOPT:
	case KIND_SCTPCHUNK: put_header(t, o); break;
	case KIND_TCPOPT: put_tcpopt(t, o); break;
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
		if (nft_view_named(&t->view, o)) {
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
		[XFORM_AND] = " & ",
		[XFORM_XOR] = " ^ ",
		[XFORM_SHL] = " << ",
		[XFORM_SHR] = " >> ",
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
