/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ttl, hl: net/netfilter/xt_hl.c */
#include "lower.h"

enum { EQ, LT, GT };

#define OTHERS(id) (7u & ~(1u << (id)))

static const struct ext_option ttl_options[] = {
	{ .name = "ttl-eq", .id = EQ, .type = ARG_U8, .flags = OPT_INVERT | OPT_REQUIRED, .excl = OTHERS(EQ),
	  .metavar = "value", .help = "time to live is" },
	{ .name = "ttl", .id = EQ, .type = ARG_U8, .flags = OPT_INVERT | OPT_ALIAS },
	{ .name = "ttl-lt", .id = LT, .type = ARG_U8, .flags = OPT_REQUIRED, .excl = OTHERS(LT),
	  .metavar = "value", .help = "time to live is less than" },
	{ .name = "ttl-gt", .id = GT, .type = ARG_U8, .flags = OPT_REQUIRED, .excl = OTHERS(GT),
	  .metavar = "value", .help = "time to live is more than" },
	{ .name = NULL },
};

static const struct ext_option hl_options[] = {
	{ .name = "hl-eq", .id = EQ, .type = ARG_U8, .flags = OPT_INVERT | OPT_REQUIRED, .excl = OTHERS(EQ),
	  .metavar = "value", .help = "hop limit is" },
	{ .name = "hl", .id = EQ, .type = ARG_U8, .flags = OPT_ALIAS },
	{ .name = "hl-lt", .id = LT, .type = ARG_U8, .flags = OPT_REQUIRED, .excl = OTHERS(LT),
	  .metavar = "value", .help = "hop limit is less than" },
	{ .name = "hl-gt", .id = GT, .type = ARG_U8, .flags = OPT_REQUIRED, .excl = OTHERS(GT),
	  .metavar = "value", .help = "hop limit is more than" },
	{ .name = NULL },
};

static void lower(struct lower *l, const struct ext_use *u)
{
	struct operand o = operand_of(lower_v6(l) ? FIELD_IP6_HOPLIMIT : FIELD_IP_TTL);
	const struct arg *a = &u->args[0];

	switch (a->id) {
	case LT:
		if (a->num.lo)
			lower_cmp(l, o, TEST_LT, a->num.lo);
		else
			lower_never(l);
		break;
	case GT: lower_cmp(l, o, TEST_GT, a->num.lo); break;
	default: lower_eq(l, o, a->num.lo, a->invert); break;
	}
}

const struct ext match_ttl = {
	.name = "ttl",
	.kind = EXT_MATCH,
	.families = FAMILY_IPV4,
	.options = ttl_options,
	.lower = lower,
	.help = "time to live",
};

const struct ext match_hl = {
	.name = "hl",
	.kind = EXT_MATCH,
	.families = FAMILY_IPV6,
	.options = hl_options,
	.lower = lower,
	.help = "hop limit",
};
