/* SPDX-License-Identifier: GPL-2.0-or-later */
/* AUDIT: net/netfilter/xt_AUDIT.c, audit_tg(): nft_log.c writes the same record at level audit. The type is
 * checked, and not recorded by either. */
#include "lower.h"

#include <linux/netfilter/nf_tables.h>

enum { TYPE };

static const struct ext_word types[] = { { "accept", 0 }, { "drop", 1 }, { "reject", 2 }, { NULL, 0 } };

static const struct ext_option options[] = {
	{ .name = "type", .id = TYPE, .type = ARG_ENUM, .flags = OPT_REQUIRED | OPT_NOCASE, .words = types,
	  .metavar = "accept|drop|reject", .help = "kind of the record" },
	{ .name = NULL },
};

static void lower(struct lower *l, const struct ext_use *u)
{
	struct inst_log *log = &lower_emit(l, INST_LOG)->log;

	(void)u;
	log->level = NFT_LOGLEVEL_AUDIT;
	log->prefix = "";
}

const struct ext target_audit = {
	.name = "AUDIT",
	.kind = EXT_TARGET,
	.families = FAMILY_BOTH,
	.options = options,
	.lower = lower,
	.help = "write an audit record, and go on",
};
