/* SPDX-License-Identifier: GPL-2.0-or-later */
/* realm: net/netfilter/xt_realm.c, realm_mt(): (the route's realms & mask) == value, or not. */
#include "lower.h"
#include "name_map.h"

enum { REALM };

static bool parse_realm(struct ext_parse *p, struct arg *out)
{
	return name_map_mask(p, "/etc/iproute2/rt_realms", out);
}

static const struct ext_option options[] = {
	{ .name = "realm", .id = REALM, .type = ARG_CUSTOM, .flags = OPT_INVERT | OPT_REQUIRED,
	  .parse = parse_realm, .metavar = "value[/mask]|name", .help = "realm of the route" },
	{ .name = NULL },
};

static void lower(struct lower *l, const struct ext_use *u)
{
	const struct arg *a = &u->args[0];

	l->at = a->at;
	lower_masked(l, operand_of(FIELD_META_RTCLASSID), a->mark.mask, a->mark.value, a->invert);
}

const struct ext match_realm = {
	.name = "realm",
	.kind = EXT_MATCH,
	.families = FAMILY_IPV4,
	.hooks = IN_HOOK(INPUT) | IN_HOOK(FORWARD) | IN_HOOK(OUTPUT) | IN_HOOK(POSTROUTING),
	.options = options,
	.lower = lower,
	.help = "routing realm",
};
