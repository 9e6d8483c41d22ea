/* SPDX-License-Identifier: GPL-2.0-or-later */
/* TRACE: net/netfilter/xt_TRACE.c: skb->nf_trace = 1. The rules that follow are then reported by nf_tables'
 * own trace (`nft monitor trace`) and no longer in the kernel log. */
#include "lower.h"

static const struct ext_option options[] = { { .name = NULL } };

static void lower(struct lower *l, const struct ext_use *u)
{
	(void)u;
	lower_set(l, operand_of(FIELD_META_NFTRACE), 1);
}

const struct ext target_trace = {
	.name = "TRACE",
	.kind = EXT_TARGET,
	.families = FAMILY_BOTH,
	.tables = IN_TABLE(RAW),
	.options = options,
	.lower = lower,
	.help = "trace the packet's way through the rules (nft monitor trace)",
};
