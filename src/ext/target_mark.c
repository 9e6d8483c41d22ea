/* SPDX-License-Identifier: GPL-2.0-or-later */
/* MARK: net/netfilter/xt_mark.c, mark_tg(): mark = (mark & ~mask) ^ value. */
#include "mark_op.h"

#define OTHERS(id) (OP_BITS & ~(1u << (id)))

static const struct ext_option options[] = {
	MARK_OP_OPTIONS(OTHERS),
	{ .name = NULL },
};

static bool same(struct ruleset *rs, const struct ext_use *u, const struct ext_use *v)
{
	struct mark_change a = mark_change(&u->args[0]), b = mark_change(&v->args[0]);

	(void)rs;
	return a.value == b.value && a.mask == b.mask;
}

static void lower(struct lower *l, const struct ext_use *u)
{
	lower_change(l, operand_of(FIELD_META_MARK), mark_change(&u->args[0]));
}

const struct ext target_mark = {
	.name = "MARK",
	.kind = EXT_TARGET,
	.families = FAMILY_BOTH,
	.options = options,
	.same = same,
	.lower = lower,
	.help = "set the packet's mark",
};
