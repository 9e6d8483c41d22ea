/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * eui64: net/ipv6/netfilter/ip6t_eui64.c, eui64_mt6(): the source address ends in the EUI-64 of the
 * source MAC address. nftables can't compare one part of a packet with another.
 */
#include "lower.h"
#include "blob.h"
#include "sim/packet.h"

#include <net/if_arp.h>
#include <string.h>

#define IP6_SADDR_END 24 /* of the IPv6 header */

static const struct ext_option options[] = { { .name = NULL } };

/* For the simulator. */
static int eval(const struct ext_use *u, struct sim_packet *p)
{
	const uint8_t *m = p->smac;
	uint8_t id[8] = { m[0] ^ 2, m[1], m[2], 0xff, 0xfe, m[3], m[4], m[5] };

	(void)u;
	if (!p->in || p->in->type != ARPHRD_ETHER || p->len < IP6_SADDR_END)
		return 0;
	return p->has_mac ? !memcmp(p->data + IP6_SADDR_END - 8, id, 8) : -2;
}

static void lower(struct lower *l, const struct ext_use *u)
{
	lower_refuse(l, u, u->at, eval,
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
