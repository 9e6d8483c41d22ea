/* SPDX-License-Identifier: GPL-2.0-or-later */
/* mark, connmark: net/netfilter/xt_mark.c, xt_connmark.c: (mark & mask) == value, or not. Without a
 * connection connmark is false, inverted or not, as nft's ct mark load. */
#include "lower.h"

enum { MARK };

static const struct ext_option options[] = {
	{ .name = "mark", .id = MARK, .type = ARG_MARK, .flags = OPT_INVERT | OPT_REQUIRED,
	  .metavar = "value[/mask]", .help = "(mark & mask) == value" },
	{ .name = NULL },
};

static void test(struct lower *l, const struct ext_use *u, enum field_id f)
{
	const struct arg *a = &u->args[0];

	l->at = a->at;
	lower_masked(l, operand_of(f), a->mark.mask, a->mark.value, a->invert);
}

static void lower_mark(struct lower *l, const struct ext_use *u)
{
	test(l, u, FIELD_META_MARK);
}

static void lower_connmark(struct lower *l, const struct ext_use *u)
{
	test(l, u, FIELD_CT_MARK);
}

const struct ext match_mark = {
	.name = "mark",
	.kind = EXT_MATCH,
	.families = FAMILY_BOTH,
	.options = options,
	.lower = lower_mark,
	.help = "the packet's mark",
};

const struct ext match_connmark = {
	.name = "connmark",
	.kind = EXT_MATCH,
	.families = FAMILY_BOTH,
	.options = options,
	.lower = lower_connmark,
	.help = "the connection's mark",
};
