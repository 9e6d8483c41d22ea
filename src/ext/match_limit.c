/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * limit: net/netfilter/xt_limit.c, limit_mt() against net/netfilter/nft_limit.c.
 *
 * Both are token buckets that start full and hold `burst` packets; both refill continuously, at
 * rate packets per unit. The clock differs: xt counts jiffies (4 ms at HZ=250), nft nanoseconds; a
 * packet's fate can differ only within that granularity.
 *
 * Quirks kept: xt has the time of a packet in whole 1/10000 seconds, so that 4000/second are 5000; and
 * it multiplies that by the burst in 32 bits, where long times overflow: 1/hour with a burst of 50 is
 * one of 12. There it counts credits, of which a second has 32000 (HZ * CREDITS_PER_JIFFY at HZ 250
 * and 1000; it is nearly that at others).
 */
#include "lower.h"
#include "rate.h"

enum { LIMIT, BURST };

#define BURST_MAX     10000
#define SCALE         10000u /* XT_LIMIT_SCALE */
#define CREDITS       32000u
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

struct rate {
	uint64_t rate;
	uint32_t unit, burst;
	uint32_t avg; /* of xt_rateinfo: 1/10000 seconds per packet */
};

static struct rate rate_of(const struct ext_use *u)
{
	const struct arg *a = use_arg(u, LIMIT), *b = use_arg(u, BURST);
	struct rate r = { 3, PER_HOUR, BURST_DEFAULT, 0 };

	if (a) {
		r.rate = a->num.lo;
		r.unit = (uint32_t)a->num.hi;
	}
	if (b)
		r.burst = (uint32_t)b->num.lo;
	r.avg = (uint32_t)((uint64_t)SCALE * r.unit / r.rate);
	return r;
}

/* user2credits() */
static uint32_t credits(uint32_t user)
{
	return user > UINT32_MAX / CREDITS ? user / SCALE * CREDITS : user * CREDITS / SCALE;
}

static bool overflows(const struct rate *r)
{
	return (uint64_t)r->avg * r->burst / SCALE > UINT32_MAX / CREDITS;
}

/* limit_mt_check(): -ERANGE */
static bool check(struct ruleset *rs, const struct rule *r, struct ext_use *u)
{
	const struct arg *b = use_arg(u, BURST);
	struct rate rate = rate_of(u);

	(void)r;
	if (b && !b->num.lo) {
		diag_error(rs->diags, b->value, "--limit-burst: 0 is refused by the kernel");
		return false;
	}
	if (credits(rate.avg * rate.burst) < credits(rate.avg)) {
		diag_error(rs->diags, u->at, "a burst of %u at %llu per %s overflows: xt_limit refuses it",
			   rate.burst, (unsigned long long)rate.rate,
			   rate.unit == PER_DAY ? "day" : rate.unit == PER_HOUR ? "hour" : "minute");
		return false;
	}
	return true;
}

static bool same(struct ruleset *rs, const struct ext_use *u, const struct ext_use *v)
{
	struct rate a = rate_of(u), b = rate_of(v);

	(void)rs;
	return a.avg == b.avg && a.burst == b.burst;
}

/* The nearest rate with the time between packets that xt has. */
static void as_xt_counts(struct rate *r)
{
	static const uint32_t units[] = { PER_SECOND, PER_MINUTE, PER_HOUR, PER_DAY };
	uint64_t ticks = (uint64_t)SCALE * r->unit, kept = (uint64_t)r->avg * r->rate;

	if ((ticks - kept) * 1000 < ticks) /* no more than a jiffy in some seconds */
		return;
	for (unsigned i = 0; i < 4; i++) {
		r->unit = units[i];
		r->rate = (uint64_t)SCALE * r->unit / r->avg;
		if (!((uint64_t)SCALE * r->unit % r->avg))
			break;
	}
}

static void lower(struct lower *l, const struct ext_use *u)
{
	struct inst *i = lower_emit(l, INST_LIMIT);
	struct rate r = rate_of(u);

	if (overflows(&r))
		r.burst = credits(r.avg * r.burst) / credits(r.avg);
	as_xt_counts(&r);
	i->limit.rate = r.rate;
	i->limit.unit = r.unit;
	i->limit.burst = r.burst;
}

const struct ext match_limit = {
	.name = "limit",
	.kind = EXT_MATCH,
	.families = FAMILY_BOTH,
	.options = options,
	.check = check,
	.same = same,
	.lower = lower,
	.help = "token bucket of the rule's own",
	.nullary = true,
};
