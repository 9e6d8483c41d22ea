/* SPDX-License-Identifier: GPL-2.0-or-later */
/* CLUSTERIP: net/ipv4/netfilter/ipt_CLUSTERIP.c, which Linux 6.8 removed, and which refused nft_compat. */
#include "lower.h"

enum { NEW, HASHMODE, CLUSTERMAC, TOTAL, LOCAL, INIT };

#define REASON    "Linux has it no more since 6.8, and nftables never had it; -m cluster is its successor"
#define NODES_MAX 16

static const struct ext_word hashmodes[] = {
	{ "sourceip", 0 }, { "sourceip-sourceport", 1 }, { "sourceip-sourceport-destport", 2 }, { NULL, 0 },
};

static const struct ext_option options[] = {
	{ .name = "new", .id = NEW, .type = ARG_NONE, .help = "create the cluster", .support = REFUSED,
	  .note = REASON },
	{ .name = "hashmode", .id = HASHMODE, .type = ARG_ENUM, .words = hashmodes, .metavar = "mode",
	  .help = "what is hashed", .support = REFUSED, .note = REASON },
	{ .name = "clustermac", .id = CLUSTERMAC, .type = ARG_ETHER, .metavar = "mac", .help = "shared address",
	  .support = REFUSED, .note = REASON },
	{ .name = "total-nodes", .id = TOTAL, .type = ARG_U16, .max = NODES_MAX, .metavar = "n",
	  .help = "number of nodes", .support = REFUSED, .note = REASON },
	{ .name = "local-node", .id = LOCAL, .type = ARG_U16, .max = NODES_MAX, .metavar = "n",
	  .help = "number of this node", .support = REFUSED, .note = REASON },
	{ .name = "hash-init", .id = INIT, .type = ARG_U32, .metavar = "n", .help = "seed of the hash",
	  .support = REFUSED, .note = REASON },
	{ .name = NULL },
};

static void lower(struct lower *l, const struct ext_use *u)
{
	lower_refuse(l, u, u->at, NULL, "CLUSTERIP can't be kept: " REASON);
}

const struct ext target_clusterip = {
	.name = "CLUSTERIP",
	.kind = EXT_TARGET,
	.families = FAMILY_IPV4,
	.options = options,
	.lower = lower,
	.help = "share an address between machines",
};
