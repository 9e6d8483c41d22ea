/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * eui64: net/ipv6/netfilter/ip6t_eui64.c, eui64_mt6(): the source address ends in the EUI-64 of the
 * source MAC address. nftables can't compare one part of a packet with another.
 */
#include "lower.h"
#include "blob.h"

static const struct ext_option options[] = { { .name = NULL } };

static void lower(struct lower *l, const struct ext_use *u)
{
	lower_refuse(l, u, u->at, NULL,
		     "eui64: nftables can't compare the source address with the MAC address");
}

static bool compat(struct lower *l, const struct ext_use *u, struct compat_blob *blob)
{
	(void)u;
	blob_new(l, blob, "eui64", 0, sizeof(int));
	return true;
}

const struct ext match_eui64 = {
	.name = "eui64",
	.kind = EXT_MATCH,
	.families = FAMILY_IPV6,
	.hooks = IN_HOOK(PREROUTING) | IN_HOOK(INPUT) | IN_HOOK(FORWARD),
	.options = options,
	.lower = lower,
	.compat = compat,
	.help = "the source address is made of the MAC address (no form in nftables)",
	.nullary = true,
};
