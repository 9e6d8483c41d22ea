/* SPDX-License-Identifier: GPL-2.0-or-later */
/* tos, dscp: net/netfilter/xt_dscp.c: all eight bits of TOS or traffic class under a mask; its upper six. */
#include "lower.h"
#include "dscp_class.h"

enum { TOS, DSCP, CLASS };

static const struct ext_option tos_options[] = {
	{ .name = "tos", .id = TOS, .type = ARG_TOS, .flags = OPT_INVERT | OPT_REQUIRED,
	  .metavar = "value[/mask]", .help = "(TOS or traffic class & mask) == value" },
	{ .name = NULL },
};

static const struct ext_option dscp_options[] = {
	{ .name = "dscp", .id = DSCP, .type = ARG_U8, .flags = OPT_INVERT | OPT_REQUIRED, .min = 0, .max = 63,
	  .excl = 1u << CLASS, .metavar = "value", .help = "DSCP value" },
	{ .name = "dscp-class", .id = CLASS, .type = ARG_CUSTOM, .flags = OPT_INVERT | OPT_REQUIRED,
	  .excl = 1u << DSCP, .parse = dscp_class_parse, .metavar = "class", .help = "DSCP class (EF, AF11, CS1, …)" },
	{ .name = NULL },
};

static void lower_tos(struct lower *l, const struct ext_use *u)
{
	const struct arg *a = &u->args[0];

	lower_masked(l, operand_of(lower_v6(l) ? FIELD_IP6_TCLASS : FIELD_IP_TOS), a->mark.mask, a->mark.value,
		     a->invert);
}

static void lower_dscp(struct lower *l, const struct ext_use *u)
{
	lower_eq(l, operand_of(lower_v6(l) ? FIELD_IP6_DSCP : FIELD_IP_DSCP), u->args[0].num.lo,
		 u->args[0].invert);
}

const struct ext match_tos = {
	.name = "tos",
	.kind = EXT_MATCH,
	.families = FAMILY_BOTH,
	.options = tos_options,
	.lower = lower_tos,
	.help = "TOS (IPv4) or traffic class (IPv6)",
};

/* Two ways to write one value. */
static bool dscp_same(struct ruleset *rs, const struct ext_use *u, const struct ext_use *v)
{
	(void)rs;
	return u->args[0].num.lo == v->args[0].num.lo && u->args[0].invert == v->args[0].invert;
}

const struct ext match_dscp = {
	.name = "dscp",
	.kind = EXT_MATCH,
	.families = FAMILY_BOTH,
	.options = dscp_options,
	.same = dscp_same,
	.lower = lower_dscp,
	.help = "differentiated services code point",
};
