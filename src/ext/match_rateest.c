/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * rateest: net/netfilter/xt_rateest.c, xt_rateest_mt(). Compares the rates of estimators that
 * target RATEEST feeds; nftables has no estimators.
 */
#include "lower.h"
#include "blob.h"
#include "value.h"

#include <stdlib.h>
#include <string.h>
#include <linux/if.h>
#include <linux/netfilter/xt_rateest.h>

enum { NAME1, NAME2, BPS1, PPS1, BPS2, PPS2, DELTA, LT, GT, EQ };

#define NO_ESTIMATORS "nftables has no rate estimators"

/* 5kbit, 2MiBps; without unit bytes a second. No value: the estimator's own. */
static bool parse_rate(struct ext_parse *p, struct arg *out)
{
	static const struct {
		const char *name;
		double bits;
	} units[] = { { "bit", 1 },
		      { "kibit", 1024 },
		      { "kbit", 1e3 },
		      { "mibit", 1048576 },
		      { "mbit", 1e6 },
		      { "gibit", 1073741824 },
		      { "gbit", 1e9 },
		      { "tibit", 1099511627776 },
		      { "tbit", 1e12 },
		      { "bps", 8 },
		      { "kibps", 8192 },
		      { "kbps", 8e3 },
		      { "mibps", 8388608 },
		      { "mbps", 8e6 },
		      { "gibps", 8589934592 },
		      { "gbps", 8e9 },
		      { "tibps", 8796093022208 },
		      { "tbps", 8e12 },
		      { "", 8 } };
	char *text, *end;
	double rate;
	size_t i = 0;

	out->num.lo = out->num.hi = 0;
	if (!p->word)
		return true;
	text = arena_strndup(p->rs->arena, p->word->s, p->word->len);
	rate = strtod(text, &end);
	while (i < sizeof(units) / sizeof(*units) && strcasecmp(units[i].name, end))
		i++;
	if (end == text || i == sizeof(units) / sizeof(*units) || !(rate >= 0) ||
	    rate * units[i].bits / 8 > UINT32_MAX)
		return ext_value_error(p, "'%s' is not a rate", text);
	out->num.lo = out->num.hi = (uint32_t)(rate * units[i].bits / 8);
	return true;
}

static bool parse_pps(struct ext_parse *p, struct arg *out)
{
	out->num.lo = 0;
	if (p->word && !value_u64(p->word->s, p->word->len, 0, UINT32_MAX, &out->num.lo))
		return ext_value_error(p, "'%.*s' is not a number", (int)p->word->len, p->word->s);
	out->num.hi = out->num.lo;
	return true;
}

#define ONE_OF_MODES (1u << LT | 1u << GT | 1u << EQ)
#define NAME(nm, what)                                                                      \
	.name = nm, .type = ARG_STRING, .flags = OPT_CUT, .max = IFNAMSIZ - 1, .metavar = "name", .help = what, \
	.support = COMPAT, .note = NO_ESTIMATORS
#define RATE(nm, fn, what)                                                                  \
	.name = nm, .type = ARG_CUSTOM, .flags = OPT_NEXT, .parse = fn,                     \
	.metavar = "[rate]", .help = what, .support = COMPAT, .note = NO_ESTIMATORS
#define MODE(nm, me, what)                                                                  \
	.name = nm, .id = me, .type = ARG_NONE, .flags = OPT_INVERT | OPT_REQUIRED,          \
	.excl = ONE_OF_MODES & ~(1u << (me)), .help = what, .support = COMPAT, .note = NO_ESTIMATORS

static const struct ext_option options[] = {
	{ .id = NAME1, NAME("rateest1", "first estimator") },
	{ .id = NAME1, .name = "rateest", .type = ARG_STRING, .max = IFNAMSIZ - 1,
	  .flags = OPT_ALIAS | OPT_CUT },
	{ .id = NAME2, NAME("rateest2", "second estimator") },
	{ .id = BPS1, RATE("rateest-bps1", parse_rate, "less this, with --rateest-delta") },
	{ .id = PPS1, RATE("rateest-pps1", parse_pps, "less this, with --rateest-delta") },
	{ .id = BPS2, RATE("rateest-bps2", parse_rate, "compare with bytes a second") },
	{ .id = PPS2, RATE("rateest-pps2", parse_pps, "compare with packets a second") },
	{ .id = BPS2, .name = "rateest-bps", .type = ARG_CUSTOM, .flags = OPT_NEXT | OPT_ALIAS,
	  .parse = parse_rate },
	{ .id = PPS2, .name = "rateest-pps", .type = ARG_CUSTOM, .flags = OPT_NEXT | OPT_ALIAS,
	  .parse = parse_pps },
	{ .name = "rateest-delta", .id = DELTA, .type = ARG_NONE, .help = "compare differences",
	  .support = COMPAT, .note = NO_ESTIMATORS },
	{ MODE("rateest-lt", LT, "less than") },
	{ MODE("rateest-gt", GT, "more than") },
	{ MODE("rateest-eq", EQ, "equal") },
	{ .name = NULL },
};

/* xt_rateest_mt_checkentry() */
static bool check(struct ruleset *rs, const struct rule *r, struct ext_use *u)
{
	bool rate = use_arg(u, BPS1) || use_arg(u, PPS1) || use_arg(u, BPS2) || use_arg(u, PPS2);

	(void)r;
	if (rate && use_arg(u, NAME1))
		return true;
	diag_error(rs->diags, u->at, "match 'rateest' needs %s",
		   rate ? "--rateest" : "--rateest-bps or --rateest-pps");
	return false;
}

static void lower(struct lower *l, const struct ext_use *u)
{
	lower_refuse(l, u, u->args[0].at, NULL, "rateest: " NO_ESTIMATORS);
}

static bool compat(struct lower *l, const struct ext_use *u, struct compat_blob *blob)
{
	struct xt_rateest_match_info *info = blob_new(l, blob, "rateest", 0, sizeof(*info));

	info->flags = use_arg(u, NAME2) ? XT_RATEEST_MATCH_REL : XT_RATEEST_MATCH_ABS;
	for (unsigned i = 0; i < u->nargs; i++) {
		const struct arg *a = &u->args[i];

		switch (a->id) {
		case NAME1: memcpy(info->name1, a->str.s, a->str.len); break;
		case NAME2: memcpy(info->name2, a->str.s, a->str.len); break;
		case BPS1: info->bps1 = (uint32_t)a->num.lo; break;
		case PPS1: info->pps1 = (uint32_t)a->num.lo; break;
		case BPS2: info->bps2 = (uint32_t)a->num.lo; break;
		case PPS2: info->pps2 = (uint32_t)a->num.lo; break;
		case DELTA: info->flags |= XT_RATEEST_MATCH_DELTA; break;
		case LT: info->mode = XT_RATEEST_MATCH_LT; break;
		case GT: info->mode = XT_RATEEST_MATCH_GT; break;
		case EQ: info->mode = XT_RATEEST_MATCH_EQ; break;
		}
		if (a->id == BPS1 || a->id == BPS2)
			info->flags |= XT_RATEEST_MATCH_BPS;
		if (a->id == PPS1 || a->id == PPS2)
			info->flags |= XT_RATEEST_MATCH_PPS;
		if (a->id >= LT && a->invert)
			info->flags |= XT_RATEEST_MATCH_INVERT;
	}
	return true;
}

const struct ext match_rateest = {
	.name = "rateest",
	.kind = EXT_MATCH,
	.families = FAMILY_BOTH,
	.options = options,
	.check = check,
	.lower = lower,
	.compat = compat,
	.help = "rates of estimators (no form in nftables)",
};
