/* SPDX-License-Identifier: GPL-2.0-or-later */
/* cpu: net/netfilter/xt_cpu.c, cpu_mt(): the processor that handles the packet. */
#include "lower.h"

enum { CPU };

static const struct ext_option options[] = {
	{ .name = "cpu", .id = CPU, .type = ARG_U32, .flags = OPT_INVERT | OPT_REQUIRED,
	  .metavar = "number",
	  .help = "number of the processor" },
	{ .name = NULL },
};

static void lower(struct lower *l, const struct ext_use *u)
{
	l->at = u->args[0].at;
	lower_eq(l, operand_of(FIELD_META_CPU), u->args[0].num.lo, u->args[0].invert);
}

const struct ext match_cpu = {
	.name = "cpu",
	.kind = EXT_MATCH,
	.families = FAMILY_BOTH,
	.options = options,
	.lower = lower,
	.help = "processor that handles the packet",
};
