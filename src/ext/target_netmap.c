/* SPDX-License-Identifier: GPL-2.0-or-later */
/* NETMAP: net/netfilter/xt_NETMAP.c: the hook says whether source or destination; nft_nat.c's
 * nft_nat_setup_netmap() goes by the kind of NAT, so that a chain must be called from one side only. */
#include "lower.h"

#include <string.h>

enum { TO };

#define DST_HOOKS (IN_HOOK(PREROUTING) | IN_HOOK(OUTPUT))
#define SRC_HOOKS (IN_HOOK(POSTROUTING) | IN_HOOK(INPUT))

static const struct ext_option options[] = {
	{ .name = "to", .id = TO, .type = ARG_HOSTMASK, .flags = OPT_REQUIRED, .metavar = "address[/mask]",
	  .help = "network to map to, host part kept", .support = PARTLY,
	  .note = "not in a chain that is called both before and after routing" },
	{ .name = NULL },
};

/* The kernel is given the first address of the network, and the last. */
static bool check(struct ruleset *rs, const struct rule *r, struct ext_use *u)
{
	struct addr *to = u->args[0].host.items;

	(void)r;
	for (unsigned i = 0; i < sizeof(to->b); i++)
		to[0].b[i] &= to[1].b[i];
	if (rs->family == FAMILY_IPV4)
		memset(to[1].b + 4, 0, sizeof(to->b) - 4);
	return true;
}

static void lower(struct lower *l, const struct ext_use *u)
{
	const struct addr *to = use_arg(u, TO)->host.items;
	unsigned hooks = l->rule->chain->hooks;
	struct inst_nat n = { .kind = NAT_DNAT, .flags = NAT_NETMAP, .has_addr = true };

	if (hooks & DST_HOOKS && hooks & SRC_HOOKS) {
		lower_refuse(l, u, u->at, NULL,
			     "NETMAP in a chain that is called both before and after routing changes now the "
			     "destination, now the source: make a chain of each");
		return;
	}
	if (hooks & SRC_HOOKS)
		n.kind = NAT_SNAT;
	for (unsigned i = 0; i < (lower_v6(l) ? 16u : 4u); i++) {
		n.addr_lo.b[i] = to[0].b[i];
		n.addr_hi.b[i] = (uint8_t)(n.addr_lo.b[i] | ~to[1].b[i]);
	}
	lower_emit(l, INST_NAT)->nat = n;
}

const struct ext target_netmap = {
	.name = "NETMAP",
	.kind = EXT_TARGET,
	.families = FAMILY_BOTH,
	.tables = IN_TABLE(NAT),
	.hooks = DST_HOOKS | SRC_HOOKS,
	.options = options,
	.check = check,
	.lower = lower,
	.terminal = true,
	.help = "map a network onto another, address by address",
};
