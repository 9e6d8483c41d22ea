/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * TEE: net/netfilter/xt_TEE.c; nft_dup_ipv4.c calls the same nf_dup_ipv4(). xt_TEE follows an interface that
 * goes and comes back by its name; nft keeps the index that the name had when the rule was loaded.
 */
#include "lower.h"

#include <string.h>

enum { GATEWAY, OIF };

static bool parse_oif(struct ext_parse *p, struct arg *out)
{
	const struct word *w = p->word;

	if (!w->len || w->len > IFNAME_MAX_BYTES)
		return ext_value_error(p, "'%.*s' is not the name of an interface (1 to %d bytes)", (int)w->len, w->s,
				       IFNAME_MAX_BYTES);
	out->str.s = arena_strndup(p->rs->arena, w->s, w->len);
	out->str.len = out->custom_len = w->len;
	return true;
}

static const struct ext_option options[] = {
	{ .name = "gateway", .id = GATEWAY, .type = ARG_HOST, .flags = OPT_REQUIRED, .metavar = "address",
	  .help = "where to send the copy" },
	{ .name = "oif", .id = OIF, .type = ARG_CUSTOM, .parse = parse_oif, .metavar = "interface",
	  .help = "interface to send it on", .support = PARTLY,
	  .note = "the interface must exist when the ruleset is loaded, and stay" },
	{ .name = NULL },
};

static bool check(struct ruleset *rs, const struct rule *r, struct ext_use *u)
{
	const struct arg *a = use_arg(u, GATEWAY);
	unsigned n = rs->family == FAMILY_IPV6 ? 16 : 4;

	(void)r;
	for (unsigned i = 0; i < n; i++)
		if (a->host.items[0].b[i])
			return true;
	diag_error(rs->diags, a->value, "--gateway: the kernel refuses the unspecified address");
	return false;
}

static void lower(struct lower *l, const struct ext_use *u)
{
	const struct arg *oif = use_arg(u, OIF);
	struct inst *i = lower_emit(l, INST_DUP);

	i->dup.gateway = use_arg(u, GATEWAY)->host.items[0];
	i->dup.oif = oif ? oif->str.s : NULL;
}

const struct ext target_tee = {
	.name = "TEE",
	.kind = EXT_TARGET,
	.families = FAMILY_BOTH,
	.options = options,
	.check = check,
	.lower = lower,
	.help = "send a copy to another machine",
};
