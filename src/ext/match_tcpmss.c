/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * tcpmss: net/netfilter/xt_tcpmss.c, tcpmss_mt(). A packet without the option matches when
 * inverted.
 *
 * It does not ask for fragments: the data of a later one is taken for a header, where nothing
 * reassembles them (IPv6: the packet's first bytes, those of the IP header). nft looks for no
 * options there, so that the rule is refused unless something keeps such fragments away.
 *
 * Not kept: an MSS option of another length than 4 is passed over by xtables, and the next one is
 * asked. nft finds the first one only; the packet is dropped (guard_chain.c), but for lengths of 0 and 1,
 * with which nft can't load anything of the option: then it does not match.
 */
#include "lower.h"
#include "blob.h"

#include <netinet/tcp.h>
#include <linux/netfilter/xt_tcpmss.h>

enum { MSS };

static const struct ext_option options[] = {
	{ .name = "mss", .id = MSS, .type = ARG_U16_RANGE,
	  .flags = OPT_INVERT | OPT_REQUIRED | OPT_ORDERED,
	  .metavar = "value[:value]", .help = "the MSS option's value", .support = PARTLY,
	  .note = "an MSS option of another length than 4 drops the packet (of 0 or 1: does not match), "
		  "where xtables looks for a further one; refused where later fragments may come by, since xtables takes "
		  "their data for a header" },
	{ .name = NULL },
};

static void lower(struct lower *l, const struct ext_use *u)
{
	const struct arg *a = &u->args[0];
	struct operand mss = operand_of(FIELD_TCP_OPTION);
	bool fragments = !lower_no_fragments(l);

	/* Only guard.c knows whether they get here. */
	if (fragments && l->compat && !l->for_explain) {
		lower_refuse(l, u, u->at, NULL, "%s", NEED_FRAGMENTS_REASON);
		return;
	}
	mss.hdr.type = TCPOPT_MAXSEG;
	if (l->for_explain) { /* whose walk asks for an MSS that can have a value */
		mss.hdr.off = 16;
		mss.hdr.bits = 16;
	}
	lower_need_tcp_options(l, NEED_OPTIONS_MSS, fragments);
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
