/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * quota: net/netfilter/xt_quota.c, quota_mt(), and nft_quota.c. xtables counts down and stays at 0
 * after the first packet that does not fit; nftables counts up and stays over the quota after it:
 * the same. nftables has no quotas of 2^63 bytes or more; that much stands for them.
 */
#include "lower.h"

enum { QUOTA };

static const struct ext_option options[] = {
	{ .name = "quota", .id = QUOTA, .type = ARG_U64, .max = UINT64_MAX,
	  .flags = OPT_INVERT | OPT_REQUIRED,
	  .metavar = "bytes", .help = "match until so many bytes have passed" },
	{ .name = NULL },
};

static void lower(struct lower *l, const struct ext_use *u)
{
	struct inst *i = lower_emit(l, INST_QUOTA);

	i->quota.bytes = u->args[0].num.lo > INT64_MAX ? INT64_MAX : u->args[0].num.lo;
	i->quota.over = u->args[0].invert;
}

const struct ext match_quota = {
	.name = "quota",
	.kind = EXT_MATCH,
	.families = FAMILY_BOTH,
	.options = options,
	.lower = lower,
	.help = "a number of bytes",
};
