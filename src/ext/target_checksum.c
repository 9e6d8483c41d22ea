/* SPDX-License-Identifier: GPL-2.0-or-later */
/* CHECKSUM: net/netfilter/xt_CHECKSUM.c: computes the checksum that was left to the hardware. */
#include "lower.h"

#include <linux/netfilter/xt_CHECKSUM.h>
#include "blob.h"

enum { FILL };

static const struct ext_option options[] = {
	{ .name = "checksum-fill", .id = FILL, .type = ARG_NONE, .flags = OPT_REQUIRED,
	  .help = "compute the checksum", .support = COMPAT, .note = "nftables can't compute checksums" },
	{ .name = NULL },
};

static void lower(struct lower *l, const struct ext_use *u)
{
	lower_refuse(l, u, u->at, NULL, "CHECKSUM has no native form: nftables can't compute checksums");
}

static bool compat(struct lower *l, const struct ext_use *u, struct compat_blob *blob)
{
	struct xt_CHECKSUM_info *info = blob_new(l, blob, "CHECKSUM", 0, sizeof(*info));

	(void)u;
	info->operation = XT_CHECKSUM_OP_FILL;
	return true;
}

const struct ext target_checksum = {
	.name = "CHECKSUM",
	.kind = EXT_TARGET,
	.families = FAMILY_BOTH,
	.tables = IN_TABLE(MANGLE),
	.options = options,
	.lower = lower,
	.compat = compat,
	.named_table = true,
	.help = "compute a checksum that was left to the hardware",
};
