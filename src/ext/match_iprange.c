/* SPDX-License-Identifier: GPL-2.0-or-later */
/* iprange: net/netfilter/xt_iprange.c. Each range is tested, and negated, by itself. */
#include "lower.h"

enum { SRC, DST };

static const struct ext_option options[] = {
	{ .name = "src-range", .id = SRC, .type = ARG_ADDR_RANGE, .flags = OPT_INVERT,
	  .metavar = "address[-address]", .help = "source address from a range" },
	{ .name = "dst-range", .id = DST, .type = ARG_ADDR_RANGE, .flags = OPT_INVERT,
	  .metavar = "address[-address]", .help = "destination address from a range" },
	{ .name = NULL },
};

static void lower(struct lower *l, const struct ext_use *u)
{
	for (unsigned i = 0; i < u->nargs; i++) {
		const struct arg *a = &u->args[i];

		l->at = a->at;
		lower_value_range(l, operand_of(a->id == SRC ? field_saddr(l) : field_daddr(l)),
				  a->addrs->lo.b, a->addrs->hi.b, a->invert);
	}
}

const struct ext match_iprange = {
	.name = "iprange",
	.kind = EXT_MATCH,
	.families = FAMILY_BOTH,
	.options = options,
	.lower = lower,
	.help = "ranges of addresses",
};
