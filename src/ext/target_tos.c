/* SPDX-License-Identifier: GPL-2.0-or-later */
/* TOS, DSCP: net/netfilter/xt_DSCP.c, tos_tg(), dscp_tg(): tos = (tos & ~mask) ^ value; its upper six bits. */
#include "field_table.h"
#include "dscp_class.h"
#include "mark_op.h"

enum { SET_DSCP, SET_CLASS };

#define OTHERS(id) (OP_BITS & ~(1u << OP_SET_X) & ~(1u << (id)))

static const struct ext_option tos_options[] = {
	{ .name = "set-tos", .id = OP_SET, .type = ARG_TOS, .flags = OPT_REQUIRED, .excl = OTHERS(OP_SET),
	  .metavar = "value[/mask]", .help = "clear the bits of mask, then XOR value" },
	{ .name = "and-tos", .id = OP_AND, .type = ARG_U8, .flags = OPT_REQUIRED, .excl = OTHERS(OP_AND),
	  .metavar = "bits", .help = "binary AND" },
	{ .name = "or-tos", .id = OP_OR, .type = ARG_U8, .flags = OPT_REQUIRED, .excl = OTHERS(OP_OR),
	  .metavar = "bits", .help = "binary OR" },
	{ .name = "xor-tos", .id = OP_XOR, .type = ARG_U8, .flags = OPT_REQUIRED, .excl = OTHERS(OP_XOR),
	  .metavar = "bits", .help = "binary XOR" },
	{ .name = NULL },
};

static const struct ext_option dscp_options[] = {
	{ .name = "set-dscp", .id = SET_DSCP, .type = ARG_U8, .flags = OPT_REQUIRED, .max = 63,
	  .excl = 1u << SET_CLASS, .metavar = "value", .help = "DSCP value" },
	{ .name = "set-dscp-class", .id = SET_CLASS, .type = ARG_CUSTOM, .flags = OPT_REQUIRED,
	  .excl = 1u << SET_DSCP, .parse = dscp_class_parse, .metavar = "class",
	  .help = "DSCP class (EF, AF11, CS1, …)" },
	{ .name = NULL },
};

static struct mark_change change(const struct ext_use *u)
{
	const struct arg *a = &u->args[0];
	struct mark_change c = mark_change(a);

	if (a->id == OP_SET) /* unlike --set-mark, --set-tos does not add the value to the mask */
		c.mask = a->mark.mask;
	c.mask &= 0xff;
	return c;
}

static bool tos_same(struct ruleset *rs, const struct ext_use *u, const struct ext_use *v)
{
	struct mark_change a = change(u), b = change(v);

	(void)rs;
	return a.value == b.value && a.mask == b.mask;
}

static void lower_tos(struct lower *l, const struct ext_use *u)
{
	struct mark_change c = change(u);

	lower_ecn_dscp(l, (uint8_t)c.value, (uint8_t)c.mask);
}

static void lower_dscp(struct lower *l, const struct ext_use *u)
{
	lower_set(l, operand_of(lower_v6(l) ? FIELD_IP6_DSCP : FIELD_IP_DSCP), u->args[0].num.lo);
}

const struct ext target_tos = {
	.name = "TOS",
	.kind = EXT_TARGET,
	.families = FAMILY_BOTH,
	.tables = IN_TABLE(MANGLE),
	.options = tos_options,
	.same = tos_same,
	.lower = lower_tos,
	.help = "set TOS (IPv4) or traffic class (IPv6)",
};

/* Two ways to write one value. */
static bool dscp_same(struct ruleset *rs, const struct ext_use *u, const struct ext_use *v)
{
	(void)rs;
	return u->args[0].num.lo == v->args[0].num.lo && u->args[0].invert == v->args[0].invert;
}

const struct ext target_dscp = {
	.name = "DSCP",
	.kind = EXT_TARGET,
	.families = FAMILY_BOTH,
	.tables = IN_TABLE(MANGLE),
	.options = dscp_options,
	.same = dscp_same,
	.lower = lower_dscp,
	.help = "set the differentiated services code point",
};
