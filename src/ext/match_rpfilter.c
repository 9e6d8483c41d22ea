/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * rpfilter: net/ipv4/netfilter/ipt_rpfilter.c, net/ipv6/netfilter/ip6t_rpfilter.c, rpfilter_mt().
 *
 * nft's `fib saddr [. mark] [. iif] oif` makes the same lookup and makes the same exceptions for
 * loopback. What it does otherwise, and what is tested here besides:
 *  - IPv4: it takes a broadcast or anycast route for a good one. The local table has those for the
 *    broadcast addresses of the networks; `fib saddr type` sees them, but also says "broadcast" of
 *    0.0.0.0/8 and 255.255.255.255, which xtables looks up as any other.
 *  - A local source address (--accept-local): no result. IPv4 wants the address on the interface
 * that the packet came in by, IPv6 anywhere, even with strict tests.
 *  - IPv6: the source :: always passes in xtables.
 *
 * IPv6 without --loose is refused: where the network of the source has routes over several
 * interfaces, xtables is content with any of them, nft with the first one only.
 *
 * Not kept: lookups of nft know the transport protocol, for policy rules with ipproto.
 */
#include "lower.h"
#include "blob.h"

#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/xt_rpfilter.h>
#include <linux/rtnetlink.h>
#include <net/if_arp.h>
#include <string.h>

enum { LOOSE, VALIDMARK, ACCEPT_LOCAL, INVERT };

#define FIRST_ONLY "of several routes to a network nftables looks at the first one only"

static const struct ext_option options[] = {
	{ .name = "loose", .id = LOOSE, .type = ARG_NONE, .help = "by any interface",
	  .support = PARTLY,
	  .note = "ip6tables without it is refused: " FIRST_ONLY },
	{ .name = "validmark", .id = VALIDMARK, .type = ARG_NONE,
	  .help = "look up with the packet's mark" },
	{ .name = "accept-local", .id = ACCEPT_LOCAL, .type = ARG_NONE,
	  .help = "let local source addresses pass" },
	{ .name = "invert", .id = INVERT, .type = ARG_NONE, .help = "match what fails the test" },
	{ .name = NULL },
};

struct rpfilter {
	struct operand oif;       /* result of the lookup, 0: failed */
	struct operand type;      /* of the source address, anywhere */
	struct operand iif_type;  /* on the interface that the packet came in by */
	bool loose, accept_local;
};

/* 0.0.0.0/8 and 255.255.255.255 */
static void lower_special(struct lower *l, bool negate)
{
	static const struct arg_range special[] = { { 0, 0x00ffffff }, { UINT32_MAX, UINT32_MAX } };

	lower_in(l, operand_of(FIELD_IP_SADDR), special, 2, negate);
}

static void lower_loopback(struct lower *l, bool negate)
{
	lower_eq(l, operand_of(FIELD_META_IIFTYPE), ARPHRD_LOOPBACK, negate);
}

static void bad_type(struct lower *l, const struct rpfilter *r, bool negate)
{
	lower_range(l, r->type, RTN_BROADCAST, RTN_ANYCAST, negate);
}

/* IPv4: passes by the lookup; by that, but its type deserves a second look; by being local. */
static void pass4(struct lower *l, const struct rpfilter *r)
{
	lower_fork(l, r->accept_local ? 4 : 3);
	lower_branch(l, 0);
	lower_eq(l, r->oif, 0, true);
	bad_type(l, r, true);
	lower_branch(l, 1);
	lower_eq(l, r->oif, 0, true);
	bad_type(l, r, false);
	lower_special(l, false);
	lower_branch(l, 2);
	lower_eq(l, r->oif, 0, true);
	bad_type(l, r, false);
	lower_special(l, true);
	lower_loopback(l, false);
	if (r->accept_local) {
		lower_branch(l, 3);
		lower_eq(l, r->oif, 0, false);
		lower_eq(l, r->loose ? r->type : r->iif_type, RTN_LOCAL, false);
	}
	lower_branch(l, -1);
}

static void fail4(struct lower *l, const struct rpfilter *r)
{
	lower_fork(l, 2);
	lower_branch(l, 0);
	lower_eq(l, r->oif, 0, false);
	if (r->accept_local)
		lower_eq(l, r->loose ? r->type : r->iif_type, RTN_LOCAL, true);
	lower_branch(l, 1);
	lower_eq(l, r->oif, 0, true);
	bad_type(l, r, false);
	lower_special(l, true);
	lower_loopback(l, true);
	lower_branch(l, -1);
}

static void pass6(struct lower *l, const struct rpfilter *r)
{
	static const struct in6_addr any;

	lower_fork(l, r->accept_local ? 3 : 2);
	lower_branch(l, 0);
	lower_eq(l, r->oif, 0, true);
	lower_branch(l, 1);
	lower_eq(l, r->oif, 0, false);
	lower_value(l, operand_of(FIELD_IP6_SADDR), &any, false);
	if (r->accept_local) {
		lower_branch(l, 2);
		lower_eq(l, r->oif, 0, false);
		lower_value(l, operand_of(FIELD_IP6_SADDR), &any, true);
		lower_eq(l, r->type, RTN_LOCAL, false);
	}
	lower_branch(l, -1);
}

static void fail6(struct lower *l, const struct rpfilter *r)
{
	static const struct in6_addr any;

	lower_eq(l, r->oif, 0, false);
	lower_value(l, operand_of(FIELD_IP6_SADDR), &any, true);
	if (r->accept_local)
		lower_eq(l, r->type, RTN_LOCAL, true);
}

static void lower(struct lower *l, const struct ext_use *u)
{
	struct rpfilter r = { .oif = operand_of(FIELD_FIB_OIF), .type = operand_of(FIELD_FIB_TYPE),
			      .iif_type = operand_of(FIELD_FIB_TYPE), .loose = use_arg(u, LOOSE),
			      .accept_local = use_arg(u, ACCEPT_LOCAL) };

	if (lower_v6(l) && !r.loose) {
		lower_refuse(l, u, u->at, NULL, "rpfilter without --loose: " FIRST_ONLY);
		return;
	}
	r.oif.fib.flags = NFTA_FIB_F_SADDR | (r.loose ? 0 : NFTA_FIB_F_IIF) |
			  (use_arg(u, VALIDMARK) ? NFTA_FIB_F_MARK : 0);
	r.type.fib.flags = NFTA_FIB_F_SADDR;
	r.iif_type.fib.flags = NFTA_FIB_F_SADDR | NFTA_FIB_F_IIF;
	if (use_arg(u, INVERT))
		(lower_v6(l) ? fail6 : fail4)(l, &r);
	else
		(lower_v6(l) ? pass6 : pass4)(l, &r);
}

static bool compat(struct lower *l, const struct ext_use *u, struct compat_blob *blob)
{
	struct xt_rpfilter_info *info = blob_new(l, blob, "rpfilter", 0, sizeof(*info));

	for (unsigned i = 0; i < u->nargs; i++)
		switch (u->args[i].id) {
		case LOOSE: info->flags |= XT_RPFILTER_LOOSE; break;
		case VALIDMARK: info->flags |= XT_RPFILTER_VALID_MARK; break;
		case ACCEPT_LOCAL: info->flags |= XT_RPFILTER_ACCEPT_LOCAL; break;
		case INVERT: info->flags |= XT_RPFILTER_INVERT; break;
		}
	return true;
}

const struct ext match_rpfilter = {
	.name = "rpfilter",
	.kind = EXT_MATCH,
	.families = FAMILY_BOTH,
	.tables = IN_TABLE(RAW) | IN_TABLE(MANGLE),
	.hooks = IN_HOOK(PREROUTING),
	.options = options,
	.lower = lower,
	.compat = compat,
	.named_table = true,
	.help = "a reply would leave by the interface that the packet came in by",
	.nullary = true,
};
