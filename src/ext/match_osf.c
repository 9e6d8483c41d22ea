/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * osf: net/netfilter/nfnetlink_osf.c, nf_osf_match(): any fingerprint of the genre fits the SYN.
 * nft's osf tells the first one that fits, of whatever genre, so that it does not stand for it; nor
 * does it log. `!` is passed to the kernel, which does not look at it.
 */
#include "lower.h"
#include "blob.h"

#include <string.h>
#include <linux/netfilter/xt_osf.h>

enum { GENRE, TTL, LOG };

#define FIRST_ONLY "nftables tells the first fingerprint that fits, xtables asks for any of a genre"

static const struct ext_option options[] = {
	{ .name = "genre", .id = GENRE, .type = ARG_STRING, .flags = OPT_INVERT | OPT_REQUIRED,
	  .metavar = "name", .help = "operating system that sent the SYN",
	  .support = COMPAT, .note = FIRST_ONLY },
	{ .name = "ttl", .id = TTL, .type = ARG_U32, .min = 0, .max = 2, .metavar = "0..2",
	  .help = "how to compare the TTL", .support = COMPAT, .note = FIRST_ONLY },
	{ .name = "log", .id = LOG, .type = ARG_U32, .min = 0, .max = 2, .metavar = "0..2",
	  .help = "log what fits", .support = COMPAT, .note = "nftables' osf does not log" },
	{ .name = NULL },
};

static void lower(struct lower *l, const struct ext_use *u)
{
	lower_refuse(l, u, u->args[0].at, NULL, "osf: " FIRST_ONLY);
}

static bool compat(struct lower *l, const struct ext_use *u, struct compat_blob *blob)
{
	struct xt_osf_info *info = blob_new(l, blob, "osf", 0, sizeof(*info));

	for (unsigned i = 0; i < u->nargs; i++) {
		const struct arg *a = &u->args[i];

		switch (a->id) {
		case GENRE:
			info->len = a->str.len < MAXGENRELEN ? a->str.len : MAXGENRELEN - 1;
			memcpy(info->genre, a->str.s, info->len); /* cut as libxtables cuts it */
			info->flags |= a->invert ? XT_OSF_INVERT : 0;
			break;
		case TTL:
			info->ttl = (uint32_t)a->num.lo;
			info->flags |= XT_OSF_TTL;
			break;
		case LOG:
			info->loglevel = (uint32_t)a->num.lo;
			info->flags |= XT_OSF_LOG;
			break;
		}
	}
	return true;
}

const struct ext match_osf = {
	.name = "osf",
	.kind = EXT_MATCH,
	.families = FAMILY_IPV4,
	.hooks = IN_HOOK(PREROUTING) | IN_HOOK(INPUT) | IN_HOOK(FORWARD),
	.protos = { IPPROTO_TCP },
	.options = options,
	.lower = lower,
	.compat = compat,
	.help = "passive operating system fingerprint",
};
