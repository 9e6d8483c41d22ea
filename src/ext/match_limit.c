/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * limit: net/netfilter/xt_limit.c, limit_mt() against net/netfilter/nft_limit.c.
 *
 * Both are token buckets that start full and hold `burst` packets; both refill continuously, at
 * rate packets per unit. The clock differs: xt counts jiffies (4 ms at HZ=250), nft nanoseconds, and
 * xt keeps 10000/rate as an integer; a packet's fate can differ only within that granularity.
 */
#include "lower.h"
#include "rate.h"

enum { LIMIT, BURST };

#define BURST_MAX     10000
#define BURST_DEFAULT 5 /* XT_LIMIT_BURST of libxt_limit.c */

static bool parse_limit(struct ext_parse *p, struct arg *out)
{
	return rate_parse(p, p->word->s, p->word->len, &out->num.lo, &out->num.hi);
}

static const struct ext_option options[] = {
	{ .name = "limit", .id = LIMIT, .type = ARG_CUSTOM, .parse = parse_limit,
	  .metavar = "n[/second|/minute|/hour|/day]", .help = "average rate (default 3/hour)" },
	{ .name = "limit-burst", .id = BURST, .type = ARG_U32, .min = 0, .max = BURST_MAX, .metavar = "n",
	  .help = "packets at once (default 5)" },
	{ .name = NULL },
};

static bool check(struct ruleset *rs, const struct rule *r, struct ext_use *u)
{
	const struct arg *b = use_arg(u, BURST);

	(void)r;
	if (b && !b->num.lo) { /* limit_mt_check(): -ERANGE */
		diag_error(rs->diags, b->value, "--limit-burst: 0 is refused by the kernel");
		return false;
	}
	return true;
}

static void lower(struct lower *l, const struct ext_use *u)
{
	const struct arg *a = use_arg(u, LIMIT), *b = use_arg(u, BURST);
	struct inst *i = lower_emit(l, INST_LIMIT);

	i->limit.rate = a ? a->num.lo : 3;
	i->limit.unit = a ? (uint32_t)a->num.hi : PER_HOUR;
	i->limit.burst = b ? (uint32_t)b->num.lo : BURST_DEFAULT;
}

const struct ext match_limit = {
	.name = "limit",
	.kind = EXT_MATCH,
	.families = FAMILY_BOTH,
	.options = options,
	.check = check,
	.lower = lower,
	.help = "token bucket of the rule's own",
	.nullary = true,
};
