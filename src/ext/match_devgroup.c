/* SPDX-License-Identifier: GPL-2.0-or-later */
/* devgroup: net/netfilter/xt_devgroup.c, devgroup_mt(). Bits outside the mask are ignored on both
 * sides. */
#include "lower.h"
#include "name_map.h"

enum { SRC, DST };

static bool parse_group(struct ext_parse *p, struct arg *out)
{
	return name_map_mask(p, "/etc/iproute2/group", out);
}

static const struct ext_option options[] = {
	{ .name = "src-group", .id = SRC, .type = ARG_CUSTOM, .flags = OPT_INVERT,
	  .parse = parse_group,
	  .metavar = "value[/mask]|name",
	  .help = "group of the interface that the packet came in by" },
	{ .name = "dst-group", .id = DST, .type = ARG_CUSTOM, .flags = OPT_INVERT,
	  .parse = parse_group,
	  .metavar = "value[/mask]|name",
	  .help = "group of the interface that the packet leaves by" },
	{ .name = NULL },
};

/* devgroup_mt_checkentry() */
static unsigned use_hooks(const struct ext_use *u)
{
	unsigned hooks = IN_HOOK(PREROUTING) | IN_HOOK(INPUT) | IN_HOOK(FORWARD) | IN_HOOK(OUTPUT) |
			 IN_HOOK(POSTROUTING);

	if (use_arg(u, SRC))
		hooks &= IN_HOOK(PREROUTING) | IN_HOOK(INPUT) | IN_HOOK(FORWARD);
	if (use_arg(u, DST))
		hooks &= IN_HOOK(FORWARD) | IN_HOOK(OUTPUT) | IN_HOOK(POSTROUTING);
	return hooks;
}

static void lower(struct lower *l, const struct ext_use *u)
{
	for (unsigned i = 0; i < u->nargs; i++) {
		const struct arg *a = &u->args[i];

		l->at = a->at;
		lower_masked(l,
			     operand_of(a->id == SRC ? FIELD_META_IIFGROUP : FIELD_META_OIFGROUP),
			     a->mark.mask, a->mark.value & a->mark.mask, a->invert);
	}
}

const struct ext match_devgroup = {
	.name = "devgroup",
	.kind = EXT_MATCH,
	.families = FAMILY_BOTH,
	.options = options,
	.use_hooks = use_hooks,
	.lower = lower,
	.help = "group of an interface",
};
