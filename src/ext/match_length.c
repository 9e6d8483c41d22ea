/* SPDX-License-Identifier: GPL-2.0-or-later */
/* length: net/netfilter/xt_length.c: IPv4's total length; IPv6's payload length plus 40, in 16 bits. */
#include "lower.h"

enum { LENGTH };

#define IP6_HEADER 40

static const struct ext_option options[] = {
	{ .name = "length", .id = LENGTH, .type = ARG_U16_RANGE, .flags = OPT_INVERT | OPT_REQUIRED,
	  .metavar = "bytes[:bytes]", .help = "length of the IP packet" },
	{ .name = NULL },
};

/* (payload + 40) & 0xffff within lo..hi */
static void lower6(struct lower *l, uint64_t lo, uint64_t hi, bool negate)
{
	struct arg_range r[2];
	uint32_t n = 0;

	if (lo > hi) { /* nothing is within */
		lower_range(l, operand_of(FIELD_IP6_LENGTH), 0, UINT16_MAX, !negate);
		return;
	}
	if (hi >= IP6_HEADER)
		r[n++] = (struct arg_range){ lo > IP6_HEADER ? lo - IP6_HEADER : 0, hi - IP6_HEADER };
	if (lo < IP6_HEADER)
		r[n++] = (struct arg_range){ 0x10000 - IP6_HEADER + lo,
					     0x10000 - IP6_HEADER + (hi < IP6_HEADER ? hi : IP6_HEADER - 1) };
	if (n == 2 && lo == 0 && hi == UINT16_MAX)
		lower_range(l, operand_of(FIELD_IP6_LENGTH), 0, UINT16_MAX, negate);
	else
		lower_in(l, operand_of(FIELD_IP6_LENGTH), r, n, negate);
}

static void lower(struct lower *l, const struct ext_use *u)
{
	const struct arg *a = &u->args[0];

	if (lower_v6(l))
		lower6(l, a->num.lo, a->num.hi, a->invert);
	else
		lower_range(l, operand_of(FIELD_IP_LENGTH), a->num.lo, a->num.hi, a->invert);
}

const struct ext match_length = {
	.name = "length",
	.kind = EXT_MATCH,
	.families = FAMILY_BOTH,
	.options = options,
	.lower = lower,
	.help = "length of the packet",
};
