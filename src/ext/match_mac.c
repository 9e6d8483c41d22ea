/* SPDX-License-Identifier: GPL-2.0-or-later */
/* mac: net/netfilter/xt_mac.c. False, inverted or not, where the device is not Ethernet or the packet
 * has no link-layer header, as nft's ether fields. */
#include "lower.h"

#include <net/if_arp.h>

enum { SOURCE };

static const struct ext_option options[] = {
	{ .name = "mac-source", .id = SOURCE, .type = ARG_ETHER, .flags = OPT_INVERT | OPT_REQUIRED,
	  .metavar = "aa:bb:cc:dd:ee:ff", .help = "source MAC address" },
	{ .name = NULL },
};

static void lower(struct lower *l, const struct ext_use *u)
{
	const struct arg *a = &u->args[0];

	lower_eq(l, operand_of(FIELD_META_IIFTYPE), ARPHRD_ETHER, false);
	lower_value(l, operand_of(FIELD_ETHER_SADDR), a->ether.mac, a->invert);
}

const struct ext match_mac = {
	.name = "mac",
	.kind = EXT_MATCH,
	.families = FAMILY_BOTH,
	.hooks = IN_HOOK(PREROUTING) | IN_HOOK(INPUT) | IN_HOOK(FORWARD),
	.options = options,
	.lower = lower,
	.help = "source MAC address",
};
