/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cgroup: net/netfilter/xt_cgroup.c, cgroup_mt_v2(). A packet without socket matches nothing,
 * inverted or not; nft's meta cgroup fails there.
 *
 * Not kept: to xtables the answer to a new connection (SYN and ACK) has no full socket; nft looks
 * at the listening one.
 */
#include "lower.h"
#include "blob.h"

#include <string.h>
#include <linux/netfilter/xt_cgroup.h>

enum { PATH, CLASSID };

static const struct ext_option options[] = {
	{ .name = "path", .id = PATH, .type = ARG_STRING, .flags = OPT_INVERT | OPT_REQUIRED | OPT_CUT,
	  .max = 511,
	  .excl = 1u << CLASSID, .metavar = "path",
	  .help = "control group (version 2) or one above it",
	  .support = PARTLY,
	  .note = "/ is taken for the group that all sockets are in; others only by xtables: nftables asks for the "
		  "group at one level, and not in POSTROUTING" },
	{ .name = "cgroup", .id = CLASSID, .type = ARG_U32, .flags = OPT_INVERT | OPT_REQUIRED,
	  .excl = 1u << PATH, .metavar = "number",
	  .help = "net_cls class id of the control group (version 1)",
	  .support = PARTLY, .note = "a SYN-ACK counts as the listening socket's" },
	{ .name = NULL },
};

/* Every socket is in the root group or below it. */
static void lower_root(struct lower *l, bool invert)
{
	if (invert)
		lower_never(l);
	else
		lower_cmp(l, operand_of(FIELD_META_CGROUP), TEST_GE, 0);
}

static void lower(struct lower *l, const struct ext_use *u)
{
	const struct arg *a = &u->args[0];

	l->at = a->at;
	if (a->id == PATH && a->str.len == 1 && *a->str.s == '/')
		lower_root(l, a->invert);
	else if (a->id == PATH)
		lower_refuse(l, u, a->at, NULL,
			     "--path: nftables can't ask for a control group and those below "
			     "it as xtables does");
	else
		lower_eq(l, operand_of(FIELD_META_CGROUP), a->num.lo, a->invert);
}

static bool compat(struct lower *l, const struct ext_use *u, struct compat_blob *blob)
{
	struct xt_cgroup_info_v2 *info = blob_new(l, blob, "cgroup", 2, sizeof(*info));
	const struct arg *a = &u->args[0];

	if (a->id == PATH) {
		memcpy(info->path, a->str.s, a->str.len);
		info->has_path = 1;
		info->invert_path = a->invert;
	} else {
		info->classid = (uint32_t)a->num.lo;
		info->has_classid = 1;
		info->invert_classid = a->invert;
	}
	return true;
}

const struct ext match_cgroup = {
	.name = "cgroup",
	.kind = EXT_MATCH,
	.families = FAMILY_BOTH,
	.hooks = IN_HOOK(INPUT) | IN_HOOK(OUTPUT) | IN_HOOK(POSTROUTING),
	.options = options,
	.lower = lower,
	.compat = compat,
	.help = "control group of the socket",
};
