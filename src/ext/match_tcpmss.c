/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * tcpmss: net/netfilter/xt_tcpmss.c, tcpmss_mt(). A packet without the option matches when
 * inverted.
 *
 * Not kept, all of it malformed: a header length below 20 bytes or beyond the packet drops in
 * xtables, an option of another length than 4 is passed over; and it takes the data of later
 * fragments, where nothing reassembles them, for a header. None of these match here.
 */
#include "lower.h"
#include "blob.h"

#include <linux/netfilter/xt_tcpmss.h>

enum { MSS };

#define TCP_HEADER 20
#define OPT_MSS    2

static const struct ext_option options[] = {
	{ .name = "mss", .id = MSS, .type = ARG_U16_RANGE,
	  .flags = OPT_INVERT | OPT_REQUIRED | OPT_ORDERED,
	  .metavar = "value[:value]", .help = "the MSS option's value", .support = PARTLY,
	  .note = "malformed options, and later fragments that nothing reassembles, do not match" },
	{ .name = NULL },
};

static void lower(struct lower *l, const struct ext_use *u)
{
	const struct arg *a = &u->args[0];
	struct operand mss = operand_of(FIELD_TCP_OPTION);

	mss.hdr.type = OPT_MSS;
	lower_need_header(l, IPPROTO_TCP, TCP_HEADER, false);
	if (a->invert) {
		lower_fork(l, 2);
		lower_branch(l, 0);
		lower_exists(l, mss, true);
		lower_branch(l, 1);
	}
	mss.hdr.off = 16;
	mss.hdr.bits = 16;
	lower_range(l, mss, a->num.lo, a->num.hi, a->invert);
	lower_branch(l, -1);
}

static bool compat(struct lower *l, const struct ext_use *u, struct compat_blob *blob)
{
	struct xt_tcpmss_match_info *info = blob_new(l, blob, "tcpmss", 0, sizeof(*info));

	info->mss_min = (uint16_t)u->args[0].num.lo;
	info->mss_max = (uint16_t)u->args[0].num.hi;
	info->invert = u->args[0].invert;
	return true;
}

const struct ext match_tcpmss = {
	.name = "tcpmss",
	.kind = EXT_MATCH,
	.families = FAMILY_BOTH,
	.protos = { IPPROTO_TCP },
	.options = options,
	.lower = lower,
	.compat = compat,
	.help = "TCP maximum segment size",
};
