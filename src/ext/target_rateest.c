/* SPDX-License-Identifier: GPL-2.0-or-later */
/* RATEEST: net/netfilter/xt_RATEEST.c: a rate estimator that the match rateest asks. */
#include "lower.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <linux/netfilter/xt_RATEEST.h>
#include "blob.h"

enum { NAME, INTERVAL, EWMALOG };

#define REASON       "nftables has no rate estimators"
#define UNITS        1000000.0 /* TIME_UNITS_PER_SEC of libxt_RATEEST.c */
#define INTERVAL_MAX 5
#define NAME_MAX_BYTES 15

/* RATEEST_get_time(): microseconds without a unit. */
static bool parse_time(struct ext_parse *p, struct arg *out)
{
	static const struct {
		const char *name;
		double factor;
	} units[] = { { "", 1 }, { "s", UNITS }, { "sec", UNITS }, { "secs", UNITS }, { "ms", UNITS / 1000 },
		      { "msec", UNITS / 1000 }, { "msecs", UNITS / 1000 }, { "us", 1 }, { "usec", 1 },
		      { "usecs", 1 } };
	char *text = arena_strndup(p->rs->arena, p->word->s, p->word->len), *end;
	double t = strtod(text, &end);

	for (size_t i = 0; end != text && i < sizeof(units) / sizeof(*units); i++)
		if (!strcasecmp(end, units[i].name) && t >= 0 && t * units[i].factor < UINT32_MAX) {
			out->num.lo = out->num.hi = (uint64_t)(t * units[i].factor);
			return true;
		}
	return ext_value_error(p, "'%s' is not a time such as 250ms", text);
}

static const struct ext_option options[] = {
	{ .name = "rateest-name", .id = NAME, .type = ARG_STRING, .flags = OPT_REQUIRED | OPT_CUT, .min = 1,
	  .max = NAME_MAX_BYTES, .metavar = "name", .help = "name of the estimator", .support = COMPAT,
	  .note = REASON },
	{ .name = "rateest-interval", .id = INTERVAL, .type = ARG_CUSTOM, .flags = OPT_REQUIRED,
	  .parse = parse_time, .metavar = "time", .help = "interval of measurement", .support = COMPAT,
	  .note = REASON },
	{ .name = "rateest-ewmalog", .id = EWMALOG, .type = ARG_CUSTOM, .flags = OPT_REQUIRED,
	  .parse = parse_time, .metavar = "time", .help = "time constant of the average", .support = COMPAT,
	  .note = REASON },
	{ .name = NULL },
};

/* RATEEST_final_check(): the logarithms that the kernel wants; false: out of range. */
static bool logarithms(const struct ext_use *u, int *interval, unsigned *ewma)
{
	double time = (double)use_arg(u, INTERVAL)->num.lo, average = (double)use_arg(u, EWMALOG)->num.lo;
	int i = 0;
	unsigned e = 1;

	while (i <= INTERVAL_MAX && time > (1 << i) * (UNITS / 4))
		i++;
	while (e < 32 && time / -log(1.0 - 1.0 / (double)(1u << e)) <= average)
		e++;
	*interval = i - 2;
	*ewma = e - 1;
	return i <= INTERVAL_MAX && *ewma > 0 && *ewma < 31;
}

static bool check(struct ruleset *rs, const struct rule *r, struct ext_use *u)
{
	int interval;
	unsigned ewma;

	(void)r;
	if (logarithms(u, &interval, &ewma))
		return true;
	diag_error(rs->diags, u->at, "--rateest-interval or --rateest-ewmalog is out of range");
	return false;
}

static void lower(struct lower *l, const struct ext_use *u)
{
	lower_refuse(l, u, u->at, NULL, "RATEEST has no native form: " REASON);
}

static bool compat(struct lower *l, const struct ext_use *u, struct compat_blob *blob)
{
	struct xt_rateest_target_info *info = blob_new(l, blob, "RATEEST", 0, sizeof(*info));
	const struct arg *name = use_arg(u, NAME);
	unsigned ewma;
	int interval;

	logarithms(u, &interval, &ewma);
	memcpy(info->name, name->str.s, name->str.len);
	info->interval = (int8_t)interval;
	info->ewma_log = (uint8_t)ewma;
	return true;
}

const struct ext target_rateest = {
	.name = "RATEEST",
	.kind = EXT_TARGET,
	.families = FAMILY_BOTH,
	.options = options,
	.check = check,
	.lower = lower,
	.compat = compat,
	.help = "feed a rate estimator",
};
