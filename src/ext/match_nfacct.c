/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * nfacct: net/netfilter/xt_nfacct.c, nfacct_mt(). Counts into an accounting object that nfacct(8)
 * made and reads; a named counter of nftables is another thing.
 */
#include "lower.h"
#include "blob.h"

#include <string.h>
#include <linux/netfilter/nfnetlink_acct.h>
#include <linux/netfilter/xt_nfacct.h>

enum { NAME };

#define NO_OBJECTS "nftables can't count into the accounting objects of nfacct(8)"

static bool parse_name(struct ext_parse *p, struct arg *out)
{
	const struct word *w = p->word;

	if (!w->len || memchr(w->s, '\n', w->len))
		return ext_value_error(p, "a name is not empty and has no newline");
	/* Cut as libxtables cuts it. */
	out->custom_len = w->len < NFACCT_NAME_MAX ? w->len : NFACCT_NAME_MAX - 1;
	out->custom = arena_strndup(p->rs->arena, w->s, out->custom_len);
	return true;
}

static const struct ext_option options[] = {
	{ .name = "nfacct-name", .id = NAME, .type = ARG_CUSTOM, .flags = OPT_REQUIRED,
	  .parse = parse_name,
	  .metavar = "name", .help = "accounting object to count into", .support = COMPAT,
	  .note = NO_OBJECTS },
	{ .name = NULL },
};

static void lower(struct lower *l, const struct ext_use *u)
{
	lower_refuse(l, u, u->args[0].at, NULL, "nfacct: " NO_OBJECTS);
}

static bool compat(struct lower *l, const struct ext_use *u, struct compat_blob *blob)
{
	struct xt_nfacct_match_info_v1 *info = blob_new(l, blob, "nfacct", 1, sizeof(*info));
	const char *name = u->args[0].custom;

	memcpy(info->name, name, strlen(name));
	return true;
}

const struct ext match_nfacct = {
	.name = "nfacct",
	.kind = EXT_MATCH,
	.families = FAMILY_BOTH,
	.options = options,
	.lower = lower,
	.compat = compat,
	.help = "count into an accounting object (no form in nftables)",
};
