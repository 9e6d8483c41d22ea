/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cluster: net/netfilter/xt_cluster.c, xt_cluster_mt(). A hash of the connection's source, or of
 * that of the connection that expected it, falls to some of the nodes; and multicast frames to
 * unicast addresses become packets for this host. nft's jhash knows the connection's own source
 * only.
 */
#include "lower.h"
#include "blob.h"

#include <linux/netfilter/xt_cluster.h>

enum { TOTAL, NODE, MASK, SEED };

#define NO_FORM "nftables can't hash the source of a connection's master, nor take packets in"

static const struct ext_option options[] = {
	{ .name = "cluster-total-nodes", .id = TOTAL, .type = ARG_U32, .flags = OPT_REQUIRED,
	  .min = 1,
	  .max = XT_CLUSTER_NODES_MAX, .metavar = "1..32", .help = "nodes of the cluster",
	  .support = COMPAT,
	  .note = NO_FORM },
	{ .name = "cluster-local-node", .id = NODE, .type = ARG_U32,
	  .flags = OPT_INVERT | OPT_REQUIRED,
	  .excl = 1u << MASK, .min = 1, .max = XT_CLUSTER_NODES_MAX, .metavar = "1..32",
	  .help = "number of this node", .support = COMPAT, .note = NO_FORM },
	{ .name = "cluster-local-nodemask", .id = MASK, .type = ARG_U32,
	  .flags = OPT_INVERT | OPT_REQUIRED,
	  .excl = 1u << NODE, .min = 1, .max = XT_CLUSTER_NODES_MAX, .metavar = "mask",
	  .help = "numbers of this node, as bits", .support = COMPAT, .note = NO_FORM },
	{ .name = "cluster-hash-seed", .id = SEED, .type = ARG_U32, .flags = OPT_REQUIRED,
	  .metavar = "number", .help = "seed of the hash", .support = COMPAT, .note = NO_FORM },
	{ .name = NULL },
};

static uint32_t node_mask(const struct ext_use *u)
{
	const struct arg *node = use_arg(u, NODE), *mask = use_arg(u, MASK);

	return node ? 1u << (node->num.lo - 1) : (uint32_t)mask->num.lo;
}

static bool check(struct ruleset *rs, const struct rule *r, struct ext_use *u)
{
	(void)r;
	if (node_mask(u) < 1ull << use_arg(u, TOTAL)->num.lo)
		return true;
	diag_error(rs->diags, u->at, "the local node is none of --cluster-total-nodes");
	return false;
}

static void lower(struct lower *l, const struct ext_use *u)
{
	lower_refuse(l, u, u->args[0].at, NULL, "cluster: " NO_FORM);
}

static bool compat(struct lower *l, const struct ext_use *u, struct compat_blob *blob)
{
	struct xt_cluster_match_info *info = blob_new(l, blob, "cluster", 0, sizeof(*info));
	const struct arg *node = use_arg(u, NODE) ? use_arg(u, NODE) : use_arg(u, MASK);

	info->total_nodes = (uint32_t)use_arg(u, TOTAL)->num.lo;
	info->node_mask = node_mask(u);
	info->hash_seed = (uint32_t)use_arg(u, SEED)->num.lo;
	info->flags = node->invert ? XT_CLUSTER_F_INV : 0;
	return true;
}

const struct ext match_cluster = {
	.name = "cluster",
	.kind = EXT_MATCH,
	.families = FAMILY_BOTH,
	.options = options,
	.check = check,
	.lower = lower,
	.compat = compat,
	.help = "this node's share of the connections",
};
