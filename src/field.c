/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "field.h"

#include <string.h>
#include <stddef.h>
#include <linux/netfilter/nf_tables.h>

const struct field_info field_table[FIELD_COUNT] = {
#define META(id, n, k, w, ord, ty)                                                             \
	[FIELD_##id] = { .nft = n, .kind = KIND_META, .order = ORDER_##ord, .type = TYPE_##ty, \
			 .key = k, .bits = w },
#define CT(id, n, k, w, ord, ty)                                                             \
	[FIELD_##id] = { .nft = n, .kind = KIND_CT, .order = ORDER_##ord, .type = TYPE_##ty, \
			 .key = k, .bits = w },
#define PAYLOAD(id, n, bs, o, w, l4, ty)                                                        \
	[FIELD_##id] = { .nft = n, .kind = KIND_PAYLOAD, .order = ORDER_NET, .type = TYPE_##ty, \
			 .base = BASE_##bs, .off = o, .bits = w, .l4proto = l4 },
#define OTHER(id, n, kd, w, ord, ty)                                                            \
	[FIELD_##id] = { .nft = n, .kind = KIND_##kd, .order = ORDER_##ord, .type = TYPE_##ty, \
			 .bits = w },
#include "field.def"
};

unsigned operand_bits(const struct operand *o)
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

unsigned operand_bytes(const struct operand *o)
{
	return (operand_bits(o) + 7) / 8;
}

struct operand operand_ct(enum field_id f, enum ct_dir dir)
{
	struct operand o = operand_of(f);

	o.dir = (uint8_t)dir;
	return o;
}

struct operand operand_raw(enum payload_base base, unsigned off, unsigned bits)
{
	struct operand o = operand_of(FIELD_RAW_PAYLOAD);

	o.raw.base = (uint8_t)base;
	o.raw.off = (uint16_t)off;
	o.raw.bits = (uint16_t)bits;
	return o;
}

struct value value_num(uint64_t n, unsigned bytes)
{
	struct value v = { { 0 } };

	for (unsigned i = bytes; i-- > 0; n >>= 8)
		v.b[i] = (uint8_t)n;
	return v;
}

uint64_t value_get(const struct value *v, unsigned bytes)
{
	uint64_t n = 0;

	for (unsigned i = 0; i < bytes; i++)
		n = n << 8 | v->b[i];
	return n;
}

struct value value_bytes(const void *p, unsigned n)
{
	struct value v = { { 0 } };

	memcpy(v.b, p, n);
	return v;
}
