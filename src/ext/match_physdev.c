/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * physdev: net/netfilter/xt_physdev.c, physdev_mt(). The bridge ports of a packet that br_netfilter
 * hands to IP's hooks are in an extension of the skb that nothing in nftables reads; and the match
 * loads br_netfilter, which makes bridged packets pass these hooks in the first place.
 */
#include "lower.h"
#include "blob.h"

#include <string.h>
#include <linux/netfilter/xt_physdev.h>

enum { IN, OUT, IS_IN, IS_OUT, IS_BRIDGED };

#define UNSEEN "nftables sees no bridge ports at IP's hooks"

static const struct ext_option options[] = {
	{ .name = "physdev-in", .id = IN, .type = ARG_IFACE, .flags = OPT_INVERT,
	  .metavar = "name[+]",
	  .help = "bridge port that the packet came in by", .support = COMPAT, .note = UNSEEN },
	{ .name = "physdev-out", .id = OUT, .type = ARG_IFACE, .flags = OPT_INVERT,
	  .metavar = "name[+]",
	  .help = "bridge port that the packet leaves by", .support = COMPAT, .note = UNSEEN },
	{ .name = "physdev-is-in", .id = IS_IN, .type = ARG_NONE, .flags = OPT_INVERT,
	  .help = "the packet came in by a bridge port", .support = COMPAT, .note = UNSEEN },
	{ .name = "physdev-is-out", .id = IS_OUT, .type = ARG_NONE, .flags = OPT_INVERT,
	  .help = "the packet leaves by a bridge port", .support = COMPAT, .note = UNSEEN },
	{ .name = "physdev-is-bridged", .id = IS_BRIDGED, .type = ARG_NONE, .flags = OPT_INVERT,
	  .help = "the packet is bridged, not routed", .support = COMPAT, .note = UNSEEN },
	{ .name = NULL },
};

/* physdev_mt_check() */
static unsigned use_hooks(const struct ext_use *u)
{
	const struct arg *bridged = use_arg(u, IS_BRIDGED);

	if ((use_arg(u, OUT) || use_arg(u, IS_OUT)) && (!bridged || bridged->invert))
		return IN_HOOK(PREROUTING) | IN_HOOK(INPUT) | IN_HOOK(FORWARD) |
		       IN_HOOK(POSTROUTING);
	return 0;
}

/* For the simulator, which has no bridges: true where all is inverted. */
static int eval(const struct ext_use *u, struct sim_packet *p)
{
	(void)p;
	for (unsigned i = 0; i < u->nargs; i++)
		if (!u->args[i].invert)
			return 0;
	return 1;
}

static void lower(struct lower *l, const struct ext_use *u)
{
	lower_refuse(l, u, u->args[0].at, eval,
		     "physdev: " UNSEEN "; a table of family bridge does");
}

static void blob_name(const struct iface *i, char *name, char *mask)
{
	memcpy(name, i->name, i->len);
	if (i->prefix)
		name[i->len] = '+';
	memset(mask, 0xff, i->len + !i->prefix);
}

static bool compat(struct lower *l, const struct ext_use *u, struct compat_blob *blob)
{
	static const uint8_t bits[] = { [IN] = XT_PHYSDEV_OP_IN,
					[OUT] = XT_PHYSDEV_OP_OUT,
					[IS_IN] = XT_PHYSDEV_OP_ISIN,
					[IS_OUT] = XT_PHYSDEV_OP_ISOUT,
					[IS_BRIDGED] = XT_PHYSDEV_OP_BRIDGED };
	struct xt_physdev_info *info = blob_new(l, blob, "physdev", 0, sizeof(*info));

	for (unsigned i = 0; i < u->nargs; i++) {
		const struct arg *a = &u->args[i];

		info->bitmask |= bits[a->id];
		info->invert |= a->invert ? bits[a->id] : 0;
		if (a->id == IN)
			blob_name(a->custom, info->physindev, info->in_mask);
		else if (a->id == OUT)
			blob_name(a->custom, info->physoutdev, info->out_mask);
	}
	return true;
}

const struct ext match_physdev = {
	.name = "physdev",
	.kind = EXT_MATCH,
	.families = FAMILY_BOTH,
	.options = options,
	.use_hooks = use_hooks,
	.lower = lower,
	.compat = compat,
	.help = "bridge ports of a bridged packet",
};
