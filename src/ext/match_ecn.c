/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ecn: net/netfilter/xt_ecn.c, ecn_mt4(), ecn_mt6(). The TCP flags need a whole TCP header, or the
 * match is false. The data of a later fragment is taken for one, where nothing reassembles; nft's loads
 * of single bytes do that as well (nft_payload_fast_eval() does not ask for the fragment offset).
 */
#include "lower.h"

#include <netinet/tcp.h>

enum { CWR, ECE, ECT };

#define F_ECE      0x40
#define F_CWR      0x80

static const struct ext_option options[] = {
	{ .name = "ecn-tcp-cwr", .id = CWR, .type = ARG_NONE, .flags = OPT_INVERT,
	  .help = "TCP's CWR flag is set" },
	{ .name = "ecn-tcp-ece", .id = ECE, .type = ARG_NONE, .flags = OPT_INVERT,
	  .help = "TCP's ECE flag is set" },
	{ .name = "ecn-ip-ect", .id = ECT, .type = ARG_U8, .flags = OPT_INVERT, .min = 0, .max = 3,
	  .metavar = "0..3", .help = "ECN code point of the IP header" },
	{ .name = NULL },
};

static bool check(struct ruleset *rs, const struct rule *r, struct ext_use *u)
{
	const struct arg *tcp = use_arg(u, CWR) ? use_arg(u, CWR) : use_arg(u, ECE);

	if (!tcp || (r->spec->proto == IPPROTO_TCP && !r->spec->proto_invert))
		return true;
	diag_error(rs->diags, tcp->at, "TCP's flags need -p tcp");
	return false;
}

static void lower(struct lower *l, const struct ext_use *u)
{
	const struct arg *cwr = use_arg(u, CWR), *ece = use_arg(u, ECE), *ect = use_arg(u, ECT);
	uint64_t mask = (cwr ? F_CWR : 0) | (ece ? F_ECE : 0);

	if (ect) {
		l->at = ect->at;
		lower_eq(l, operand_of(lower_v6(l) ? FIELD_IP6_ECN : FIELD_IP_ECN), ect->num.lo,
			 ect->invert);
	}
	if (!mask)
		return;
	l->at = cwr ? cwr->at : ece->at;
	lower_cmp(l, operand_raw(BASE_TH, (sizeof(struct tcphdr) - 1) * 8, 8), TEST_GE, 0);
	lower_masked(l, operand_of(FIELD_TCP_FLAGS), mask,
		     (cwr && !cwr->invert ? F_CWR : 0) | (ece && !ece->invert ? F_ECE : 0), false);
}

const struct ext match_ecn = {
	.name = "ecn",
	.kind = EXT_MATCH,
	.families = FAMILY_BOTH,
	.options = options,
	.check = check,
	.lower = lower,
	.help = "explicit congestion notification",
};
