/* SPDX-License-Identifier: GPL-2.0-or-later */
/* pkttype: net/netfilter/xt_pkttype.c. What loops back counts as multicast or broadcast by its
 * address there, and in nft_meta_get_eval_pkttype_lo() alike. */
#include "lower.h"

#include <linux/if_packet.h>

enum { TYPE };

static const struct ext_word types[] = {
	{ "unicast", PACKET_HOST },      { "broadcast", PACKET_BROADCAST },
	{ "multicast", PACKET_MULTICAST }, { "otherhost", PACKET_OTHERHOST },
	{ "bcast", PACKET_BROADCAST },   { "mcast", PACKET_MULTICAST },
	{ "host", PACKET_HOST },         { NULL, 0 },
};

static const struct ext_option options[] = {
	{ .name = "pkt-type", .id = TYPE, .type = ARG_ENUM, .flags = OPT_INVERT | OPT_REQUIRED | OPT_NOCASE,
	  .words = types, .metavar = "unicast|broadcast|multicast|otherhost", .help = "link-layer packet type" },
	{ .name = NULL },
};

static void lower(struct lower *l, const struct ext_use *u)
{
	lower_eq(l, operand_of(FIELD_META_PKTTYPE), u->args[0].num.lo, u->args[0].invert);
}

const struct ext match_pkttype = {
	.name = "pkttype",
	.kind = EXT_MATCH,
	.families = FAMILY_BOTH,
	.options = options,
	.lower = lower,
	.help = "link-layer packet type",
};
