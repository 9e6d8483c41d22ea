/* SPDX-License-Identifier: GPL-2.0-or-later */
/* TTL, HL: net/netfilter/xt_HL.c: set, or add and subtract within 0 to 255. */
#include "field_table.h"

enum { SET, DEC, INC };

#define ALL ((1u << SET) | (1u << DEC) | (1u << INC))

#define OPTIONS(field)                                                                             \
	{ .name = field "-set", .id = SET, .type = ARG_U8, .flags = OPT_REQUIRED,                  \
	  .excl = ALL & ~(1u << SET), .metavar = "n", .help = "set to n" },                        \
	{ .name = field "-dec", .id = DEC, .type = ARG_U8, .flags = OPT_REQUIRED, .min = 1,        \
	  .max = 255, .excl = ALL & ~(1u << DEC), .metavar = "n", .help = "subtract n" },          \
	{ .name = field "-inc", .id = INC, .type = ARG_U8, .flags = OPT_REQUIRED, .min = 1,        \
	  .max = 255, .excl = ALL & ~(1u << INC), .metavar = "n", .help = "add n" },               \
	{ .name = NULL }

static const struct ext_option ttl_options[] = { OPTIONS("ttl") };
static const struct ext_option hl_options[] = { OPTIONS("hl") };

static void lower(struct lower *l, const struct ext_use *u)
{
	const struct arg *a = &u->args[0];

	if (a->id == SET)
		lower_set(l, operand_of(lower_v6(l) ? FIELD_IP6_HOPLIMIT : FIELD_IP_TTL), a->num.lo);
	else
		lower_hops(l, a->id == DEC ? -(int)a->num.lo : (int)a->num.lo);
}

const struct ext target_ttl = {
	.name = "TTL",
	.kind = EXT_TARGET,
	.families = FAMILY_IPV4,
	.tables = IN_TABLE(MANGLE),
	.options = ttl_options,
	.lower = lower,
	.help = "change the time to live",
};

const struct ext target_hl = {
	.name = "HL",
	.kind = EXT_TARGET,
	.families = FAMILY_IPV6,
	.tables = IN_TABLE(MANGLE),
	.options = hl_options,
	.lower = lower,
	.help = "change the hop limit",
};
