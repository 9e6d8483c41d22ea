/* SPDX-License-Identifier: GPL-2.0-or-later */
/* MARK: net/netfilter/xt_mark.c, mark_tg(): mark = (mark & ~mask) ^ value. */
#include "mark_op.h"

#define OTHERS(id) (OP_BITS & ~(1u << (id)))

static const struct ext_option options[] = {
	{ .name = "set-xmark", .id = OP_SET_X, .type = ARG_MARK, .flags = OPT_REQUIRED, .excl = OTHERS(OP_SET_X),
	  .metavar = "value[/mask]", .help = "clear the bits of mask, then XOR value" },
	{ .name = "set-mark", .id = OP_SET, .type = ARG_MARK, .flags = OPT_REQUIRED, .excl = OTHERS(OP_SET),
	  .metavar = "value[/mask]", .help = "clear the bits of mask, then OR value" },
	{ .name = "and-mark", .id = OP_AND, .type = ARG_U32, .flags = OPT_REQUIRED, .excl = OTHERS(OP_AND),
	  .metavar = "bits", .help = "binary AND" },
	{ .name = "or-mark", .id = OP_OR, .type = ARG_U32, .flags = OPT_REQUIRED, .excl = OTHERS(OP_OR),
	  .metavar = "bits", .help = "binary OR" },
	{ .name = "xor-mark", .id = OP_XOR, .type = ARG_U32, .flags = OPT_REQUIRED, .excl = OTHERS(OP_XOR),
	  .metavar = "bits", .help = "binary XOR" },
	{ .name = NULL },
};

static void lower(struct lower *l, const struct ext_use *u)
{
	lower_change(l, operand_of(FIELD_META_MARK), mark_change(&u->args[0]));
}

const struct ext target_mark = {
	.name = "MARK",
	.kind = EXT_TARGET,
	.families = FAMILY_BOTH,
	.options = options,
	.lower = lower,
	.help = "set the packet's mark",
};
