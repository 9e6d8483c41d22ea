/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * eui64: net/ipv6/netfilter/ip6t_eui64.c, eui64_mt6(): the source address ends in the EUI-64 of the
 * source MAC address: its bytes, with one bit of the first turned over and ff:fe between the halves.
 *
 * Not kept: a packet from an Ethernet device that has no Ethernet header, which the kernel does not
 * make, is dropped.
 */
#include "lower.h"
#include "byte_pairs.h"

#include <net/if_arp.h>
#include <netinet/if_ether.h>

#define MAC      (6 * 8)        /* bit offsets: of the source in the Ethernet header, */
#define MAC_TYPE (12 * 8)       /* of the protocol, */
#define ID       ((8 + 8) * 8)  /* and of the interface's part of the source address */
#define FILLER   0xfffe

static const struct ext_option options[] = { { .name = NULL } };

static uint8_t same(uint8_t b)
{
	return b;
}

static uint8_t universal(uint8_t b) /* the bit that says so is inverted */
{
	return b ^ 2;
}

/* Byte @mac of the address is byte @id of the interface's part. */
static void pair(struct lower *l, unsigned mac, unsigned id)
{
	struct operand a = operand_raw(BASE_LL, MAC + mac * 8, 8), b = operand_raw(BASE_NH, ID + id * 8, 8);

	if (mac)
		byte_pairs(l, "eui64", a, b, same, same);
	else
		byte_pairs(l, "eui64-first", a, b, universal, universal);
}

static void lower(struct lower *l, const struct ext_use *u)
{
	(void)u;
	lower_eq(l, operand_of(FIELD_META_IIFTYPE), ARPHRD_ETHER, false);
	lower_eq(l, operand_raw(BASE_LL, MAC_TYPE, 16), ETHERTYPE_IPV6, false);
	lower_eq(l, operand_raw(BASE_NH, ID + 3 * 8, 16), FILLER, false);
	for (unsigned i = 0; i < ETH_ALEN; i++)
		pair(l, i, i < 3 ? i : i + 2);
}

const struct ext match_eui64 = {
	.name = "eui64",
	.kind = EXT_MATCH,
	.families = FAMILY_IPV6,
	.hooks = IN_HOOK(PREROUTING) | IN_HOOK(INPUT) | IN_HOOK(FORWARD),
	.options = options,
	.lower = lower,
	.help = "the source address is made of the MAC address",
	.nullary = true,
};
