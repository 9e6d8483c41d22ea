/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * TCPMSS: net/netfilter/xt_TCPMSS.c, tcpmss_mangle_packet(); nft_exthdr.c's write of the MSS option also
 * only ever lowers it, and nft_rt.c computes the path's MSS alike.
 *
 * A header of less than 20 bytes, or beyond the packet, drops it.
 *
 * Not kept: a SYN that has no MSS option and no data gets one of 536 (1220) bytes from xtables. nft can't
 * lengthen a packet. Each use says so in a warning.
 */
#include "lower.h"

#include <netinet/tcp.h>
#include "tcp_syn.h"

enum { SET, CLAMP };

#define MSS_OFFSET 16 /* bits: behind kind and length */

#define CLAMP_HOOKS (IN_HOOK(FORWARD) | IN_HOOK(OUTPUT) | IN_HOOK(POSTROUTING))

#define OPTIONS(header)                                                                            \
	{ .name = "set-mss", .id = SET, .type = ARG_U16, .max = UINT16_MAX - (header),             \
	  .metavar = "bytes",                                                                      \
	  .help = "lower the MSS option to this", .support = PARTLY, .note = NO_OPTION },          \
	{ .name = "clamp-mss-to-pmtu", .id = CLAMP, .type = ARG_NONE, .help = "lower the MSS option to what fits the path's MTU",           \
	  .support = PARTLY, .note = NO_OPTION },                                                  \
	{ .name = NULL }
#define NO_OPTION "a SYN without the option does not get one; a segment cut short is dropped uncounted"

static const struct ext_option options4[] = { OPTIONS(20) };
static const struct ext_option options6[] = { OPTIONS(40) };

/* tcpmss_tg4_check(): "Only works on TCP SYN packets". */
static bool check(struct ruleset *rs, const struct rule *r, struct ext_use *u)
{
	if (!u->nargs) {
		diag_error(rs->diags, u->at, "target 'TCPMSS' needs --set-mss or --clamp-mss-to-pmtu");
		return false;
	}
	u->args[0] = u->args[u->nargs - 1]; /* TCPMSS_parse(): the last one counts */
	u->nargs = 1;
	for (unsigned i = 0; i < r->spec->nmatches; i++)
		if (tcp_demands_syn(&r->spec->matches[i]))
			return true;
	diag_error(rs->diags, u->at, "TCPMSS works on SYN packets only: add --tcp-flags SYN,RST SYN");
	return false;
}

static bool clamps(const struct ext_use *u)
{
	return u->args[0].id == CLAMP;
}

static unsigned use_hooks(const struct ext_use *u)
{
	return clamps(u) ? CLAMP_HOOKS : 0;
}

static void lower(struct lower *l, const struct ext_use *u)
{
	struct operand mss = operand_of(FIELD_TCP_OPTION);

	lower_need_tcp_options(l, NEED_OPTIONS, false);
	mss.hdr.type = TCPOPT_MAXSEG;
	mss.hdr.off = MSS_OFFSET;
	mss.hdr.bits = 16;
	if (clamps(u))
		lower_copy(l, mss, operand_of(FIELD_RT_TCPMSS));
	else
		lower_set(l, mss, use_arg(u, SET)->num.lo);
	if (!l->for_explain)
		diag_add(l->ir->diags, IPTC2NFT_SEV_WARNING, u->at,
			 "a SYN that has no MSS option at all gets none from nftables, where TCPMSS adds one of "
			 "%d bytes", lower_v6(l) ? 1220 : 536);
}

const struct ext target_tcpmss = {
	.name = "TCPMSS",
	.kind = EXT_TARGET,
	.families = FAMILY_IPV4,
	.protos = { IPPROTO_TCP },
	.options = options4,
	.check = check,
	.use_hooks = use_hooks,
	.lower = lower,
	.help = "lower the maximum segment size of TCP connections",
};

const struct ext target_tcpmss6 = {
	.name = "TCPMSS",
	.kind = EXT_TARGET,
	.families = FAMILY_IPV6,
	.protos = { IPPROTO_TCP },
	.options = options6,
	.check = check,
	.use_hooks = use_hooks,
	.lower = lower,
	.help = "lower the maximum segment size of TCP connections",
};
