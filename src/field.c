/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "field.h"

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
