/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * time: net/netfilter/xt_time.c, time_mt(). All of it is UTC unless --kerneltz says that the
 * kernel's offset counts, which is zero or what settimeofday() has set it to.
 *
 * nft's meta time and meta hour are UTC, too. meta day is not: it adds that offset, always. So it
 * can stand for --weekdays with --kerneltz only; days in UTC are looked up in a set of the days'
 * times, as far as xtables goes: without --datestop no rule matches after 2038-01-19 03:14:07, with
 * it none after 2038. A day ends one nanosecond after midnight there, for nft's text has whole
 * seconds.
 */
#include "lower.h"
#include "value.h"
#include "blob.h"
#include "calendar.h"

#include <linux/netfilter/xt_time.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <unistd.h>

enum {
	DATE_START,
	DATE_STOP,
	TIME_START,
	TIME_STOP,
	CONTIGUOUS,
	WEEKDAYS,
	MONTHDAYS,
	LOCAL_TZ,
	UTC,
	KERNEL_TZ
};

#define NS        1000000000u
#define ZONE_NOTE "dates, hours and days of the month only where the kernel's time zone is UTC, which is warned of"

/* strtoul() at the start of @s, of which 32 bits are kept; no digit at all is 0. */
static bool digits(const char **s, const char *end, unsigned max, unsigned *out)
{
	size_t used;
	uint64_t v;

	if (value_decimal(*s, (size_t)(end - *s), &v, &used))
		*s += used;
	*out = (unsigned)v;
	return *out <= max;
}

/* YYYY[-MM[-DD[Thh[:mm[:ss]]]]] */
static bool date(const struct word *w, uint64_t *out)
{
	static const char before[] = "-" "-" "T" "::";
	static const unsigned max[] = { 2038, 12, 31, 23, 59, 59 };
	unsigned v[6] = { 0, 1, 1, 0, 0, 0 }, n = 0;
	const char *s = w->s, *end = s + w->len;
	int64_t day;

	while (n < 6) {
		if (!digits(&s, end, max[n], &v[n]))
			return false;
		n++;
		if (s == end)
			break;
		if (n == 6 || *s++ != before[n - 1])
			return false;
	}
	day = day_from_date(v[0], v[1], v[2]);
	if (v[0] < 1970 || day < 0)
		return false;
	*out = (uint64_t)day * DAY_SECONDS + v[3] * 3600 + v[4] * 60 + v[5];
	return true;
}

static bool parse_date(struct ext_parse *p, struct arg *out)
{
	out->num.hi = 0;
	return date(p->word, &out->num.lo) ||
	       ext_value_error(
		       p, "'%.*s' is not a date, YYYY[-MM[-DD[Thh[:mm[:ss]]]]], of 1970 to 2038",
		       (int)p->word->len, p->word->s);
}

/* hh:mm[:ss] */
static bool parse_time(struct ext_parse *p, struct arg *out)
{
	const char *s = p->word->s, *end = s + p->word->len;
	unsigned hour, minute, second = 0;
	bool ok = digits(&s, end, 23, &hour) && s < end && *s++ == ':' &&
		  digits(&s, end, 59, &minute) &&
		  (s == end || (*s++ == ':' && digits(&s, end, 59, &second) && s == end));

	if (!ok)
		return ext_value_error(p, "'%.*s' is not a time of day, hh:mm[:ss]",
				       (int)p->word->len, p->word->s);
	out->num.lo = out->num.hi = hour * 3600 + minute * 60 + second;
	return true;
}

static const char *const weekdays[] = { "", "Mo", "Tu", "We", "Th", "Fr", "Sa", "Su" };

static bool weekday(const char *s, size_t len, uint32_t *mask)
{
	uint64_t v;

	if (len > 3)
		len = 3; /* libxt_time looks at three bytes of each day, and at two to tell it */
	if (value_u64(s, len, 0, 31, &v)) {
		*mask |= v < 8 ? 1u << v : 0;
		return v != 0;
	}
	for (unsigned i = 1; i < 8; i++)
		if (len >= 2 && !memcmp(s, weekdays[i], 2)) {
			*mask |= 1u << i;
			return true;
		}
	return false;
}

static bool monthday(const char *s, size_t len, uint32_t *mask)
{
	const char *from = s;
	unsigned v;

	if (len > 2)
		len = 2;
	if (len == 2 && *s == '0' && s[1] > '7') /* octal */
		return false;
	if (!digits(&from, s + len, 31, &v) || from != s + len)
		return false;
	*mask |= v ? 1u << v : 0;
	return true;
}

static bool parse_days(struct ext_parse *p, struct arg *out,
		       bool (*one)(const char *, size_t, uint32_t *), const char *what)
{
	const char *s = p->word->s, *end = s + p->word->len;

	out->mark.value = 0;
	while (s < end) { /* a comma at the end ends the list */
		const char *comma = memchr(s, ',', (size_t)(end - s));
		size_t n = (size_t)((comma ? comma : end) - s);

		if (!one(s, n, &out->mark.value))
			return ext_value_error(p, "'%.*s' is not a day of the %s", (int)n, s, what);
		s += n + 1;
	}
	return true;
}

static bool parse_weekdays(struct ext_parse *p, struct arg *out)
{
	return parse_days(p, out, weekday, "week: Mon to Sun, or 1 to 7");
}

static bool parse_monthdays(struct ext_parse *p, struct arg *out)
{
	return parse_days(p, out, monthday, "month: 1 to 31");
}

static const struct ext_option options[] = {
	{ .name = "datestart", .id = DATE_START, .type = ARG_CUSTOM, .parse = parse_date,
	  .metavar = "YYYY[-MM[-DD[Thh[:mm[:ss]]]]]", .help = "from this date on" },
	{ .name = "datestop", .id = DATE_STOP, .type = ARG_CUSTOM, .parse = parse_date,
	  .metavar = "YYYY[-MM[-DD[Thh[:mm[:ss]]]]]", .help = "until this date" },
	{ .name = "timestart", .id = TIME_START, .type = ARG_CUSTOM, .parse = parse_time,
	  .metavar = "hh:mm[:ss]", .help = "from this time of the day on" },
	{ .name = "timestop", .id = TIME_STOP, .type = ARG_CUSTOM, .parse = parse_time,
	  .metavar = "hh:mm[:ss]", .help = "until this time of the day" },
	{ .name = "contiguous", .id = CONTIGUOUS, .type = ARG_NONE,
	  .help = "times past midnight belong to the day before" },
	{ .name = "weekdays", .id = WEEKDAYS, .type = ARG_CUSTOM, .flags = OPT_INVERT,
	  .parse = parse_weekdays, .metavar = "day[,day…]", .help = "days of the week" },
	{ .name = "monthdays", .id = MONTHDAYS, .type = ARG_CUSTOM, .flags = OPT_INVERT,
	  .parse = parse_monthdays, .metavar = "day[,day…]", .help = "days of the month" },
	{ .name = "localtz", .id = LOCAL_TZ, .type = ARG_NONE, .excl = 1u << UTC,
	  .help = "old name of --kerneltz", .support = PARTLY, .note = ZONE_NOTE },
	{ .name = "utc", .id = UTC, .type = ARG_NONE, .excl = 1u << LOCAL_TZ | 1u << KERNEL_TZ,
	  .help = "dates and times are UTC (as without it)" },
	{ .name = "kerneltz", .id = KERNEL_TZ, .type = ARG_NONE, .excl = 1u << UTC,
	  .help = "dates and times are in the kernel's time zone", .support = PARTLY,
	  .note = ZONE_NOTE },
	{ .name = NULL },
};

static struct xt_time_info read_info(const struct ext_use *u)
{
	struct xt_time_info t = { .date_stop = INT32_MAX, .daytime_stop = XT_TIME_MAX_DAYTIME,
				  .monthdays_match = XT_TIME_ALL_MONTHDAYS,
				  .weekdays_match = XT_TIME_ALL_WEEKDAYS };

	for (unsigned i = 0; i < u->nargs; i++) {
		const struct arg *a = &u->args[i];

		switch (a->id) {
		case DATE_START: t.date_start = (uint32_t)a->num.lo; break;
		case DATE_STOP: t.date_stop = (uint32_t)a->num.lo; break;
		case TIME_START: t.daytime_start = (uint32_t)a->num.lo; break;
		case TIME_STOP: t.daytime_stop = (uint32_t)a->num.lo; break;
		case CONTIGUOUS: t.flags |= XT_TIME_CONTIGUOUS; break;
		case LOCAL_TZ:
		case KERNEL_TZ: t.flags |= XT_TIME_LOCAL_TZ; break;
		case WEEKDAYS:
			t.weekdays_match =
				(uint8_t)(a->mark.value ^ (a->invert ? XT_TIME_ALL_WEEKDAYS : 0));
			break;
		case MONTHDAYS:
			t.monthdays_match = a->mark.value ^ (a->invert ? XT_TIME_ALL_MONTHDAYS : 0);
			break;
		}
	}
	return t;
}

static bool check(struct ruleset *rs, const struct rule *r, struct ext_use *u)
{
	struct xt_time_info t = read_info(u);

	(void)r;
	if (t.flags & XT_TIME_CONTIGUOUS && t.daytime_start < t.daytime_stop) {
		diag_error(rs->diags, use_arg(u, CONTIGUOUS)->at,
			   "--contiguous needs a --timestart that is not before --timestop");
		return false;
	}
	return true;
}

static bool day_matches(const struct xt_time_info *t, int64_t day)
{
	return day >= 0 && t->weekdays_match & 1u << day_of_week(day) &&
	       (t->monthdays_match == XT_TIME_ALL_MONTHDAYS ||
		t->monthdays_match & 1u << day_of_month(day));
}

static bool some_day(const struct xt_time_info *t, unsigned back)
{
	int64_t day = t->date_start / DAY_SECONDS, last = t->date_stop / DAY_SECONDS;

	while (day <= last && !day_matches(t, day - back))
		day++;
	return day <= last;
}

/* All days whose @back-th day before matches, as intervals of time. */
static void fill_days(struct lower *l, struct ir_set *s, const struct xt_time_info *t,
		      unsigned back)
{
	int64_t first = t->date_start / DAY_SECONDS, last = t->date_stop / DAY_SECONDS;

	s->key = ARENA_NEW(l->arena, struct set_key);
	s->key->of = operand_of(FIELD_META_TIME);
	s->nkey = 1;
	s->flags = SET_INTERVAL | SET_CONSTANT;
	for (int64_t day = first; day <= last; day++) {
		struct set_element *e;
		int64_t from = day;

		if (!day_matches(t, day - back))
			continue;
		while (day < last && day_matches(t, day + 1 - back))
			day++;
		s->elements = arena_grow(l->arena, s->elements, s->nelements, &s->cap,
					 sizeof(*s->elements));
		e = &s->elements[s->nelements++];
		memset(e, 0, sizeof(*e));
		e->key = ARENA_NEW(l->arena, struct value_range);
		e->key->lo = value_num((uint64_t)from * DAY_SECONDS * NS, 8);
		e->key->hi = value_num((uint64_t)(day + 1) * DAY_SECONDS * NS, 8);
	}
}

/* The set's name tells the days: a bit each, Monday or the first being bit 1. */
static void lower_days(struct lower *l, const struct xt_time_info *t, unsigned back)
{
	char *name = arena_strdup(l->arena, "days");
	struct operand *key = ARENA_NEW(l->arena, struct operand);
	struct ir_set *s;
	bool fresh;

	if (t->weekdays_match == XT_TIME_ALL_WEEKDAYS &&
	    t->monthdays_match == XT_TIME_ALL_MONTHDAYS)
		return;
	if (!some_day(t, back)) {
		lower_never(l);
		return;
	}
	if (t->weekdays_match != XT_TIME_ALL_WEEKDAYS)
		name = arena_printf(l->arena, "%s-week-%02x", name, t->weekdays_match);
	if (t->monthdays_match != XT_TIME_ALL_MONTHDAYS)
		name = arena_printf(l->arena, "%s-month-%08x", name, t->monthdays_match);
	if (t->date_start || t->date_stop != INT32_MAX)
		name = arena_printf(l->arena, "%s-%u-%u", name, t->date_start / DAY_SECONDS,
				    t->date_stop / DAY_SECONDS);
	s = lower_set_named(l, back ? arena_printf(l->arena, "%s-next", name) : name, &fresh);
	if (fresh)
		fill_days(l, s, t, back);
	*key = operand_of(FIELD_META_TIME);

	struct inst *i = lower_emit(l, INST_LOOKUP);

	i->lookup.set = s;
	i->lookup.key = key;
	i->lookup.nkey = 1;
}

static void lower_dates(struct lower *l, const struct xt_time_info *t)
{
	struct operand now = operand_of(FIELD_META_TIME);

	if (t->date_start)
		lower_cmp(l, now, TEST_GE, (uint64_t)t->date_start * NS);
	lower_cmp(l, now, TEST_LT, ((uint64_t)t->date_stop + 1) * NS);
}

/* Without meta day's offset from UTC there is only the day of the week. */
static void lower_weekdays(struct lower *l, const struct xt_time_info *t)
{
	struct arg_range days[7];
	uint32_t n = 0;

	lower_dates(l, t);
	for (unsigned i = 1; i <= 7; i++)
		if (t->weekdays_match & 1u << i)
			days[n++] = (struct arg_range){ i % 7, i % 7 };
	if (!n)
		lower_never(l);
	else if (n < 7)
		lower_in(l, operand_of(FIELD_META_DAY), days, n, false);
}

/* sys_tz. The C library's gettimeofday() does not tell it. */
static bool kernel_is_utc(void)
{
	struct timezone tz = { 0, 0 };

	return !syscall(SYS_gettimeofday, NULL, &tz) && !tz.tz_minuteswest;
}

static void lower(struct lower *l, const struct ext_use *u)
{
	struct operand hour = operand_of(FIELD_META_HOUR);
	struct xt_time_info t = read_info(u);
	uint32_t start = t.daytime_start, stop = t.daytime_stop;
	const struct arg *zone =
		use_arg(u, KERNEL_TZ) ? use_arg(u, KERNEL_TZ) : use_arg(u, LOCAL_TZ);

	if (zone && !use_arg(u, DATE_START) && !use_arg(u, DATE_STOP) && !start && stop == XT_TIME_MAX_DAYTIME &&
	    t.monthdays_match == XT_TIME_ALL_MONTHDAYS) {
		lower_weekdays(l, &t);
		return;
	}
	if (zone && !kernel_is_utc()) {
		lower_refuse(l, u, zone->at, NULL, "--%s: dates and times of nftables are UTC, which the kernel's "
						   "time zone is not", options[zone->id].name);
		return;
	}
	if (zone && !l->for_explain)
		diag_add(l->ir->diags, IPTC2NFT_SEV_WARNING, zone->at,
			 "--%s: taken for UTC, which is the time zone that the kernel has now", options[zone->id].name);
	lower_dates(l, &t);
	if (start < stop) {
		if (start || stop != XT_TIME_MAX_DAYTIME)
			lower_range(l, hour, start, stop, false);
		lower_days(l, &t, 0);
	} else if (t.flags & XT_TIME_CONTIGUOUS) {
		lower_fork(l, 2);
		lower_branch(l, 0);
		lower_cmp(l, hour, TEST_LE, stop);
		lower_days(l, &t, 1);
		lower_branch(l, 1);
		lower_cmp(l, hour, TEST_GE, start > stop ? start : stop + 1);
		lower_days(l, &t, 0);
		lower_branch(l, -1);
	} else {
		if (start > stop + 1)
			lower_range(l, hour, stop + 1, start - 1, true);
		lower_days(l, &t, 0);
	}
}

static bool compat(struct lower *l, const struct ext_use *u, struct compat_blob *blob)
{
	struct xt_time_info *info = blob_new(l, blob, "time", 0, sizeof(*info));

	*info = read_info(u);
	return true;
}

static bool same(struct ruleset *rs, const struct ext_use *u, const struct ext_use *v)
{
	struct xt_time_info a = read_info(u), b = read_info(v);

	(void)rs;
	return a.date_start == b.date_start && a.date_stop == b.date_stop && a.daytime_start == b.daytime_start &&
	       a.daytime_stop == b.daytime_stop && a.monthdays_match == b.monthdays_match &&
	       a.weekdays_match == b.weekdays_match && a.flags == b.flags;
}

const struct ext match_time = {
	.name = "time",
	.kind = EXT_MATCH,
	.families = FAMILY_BOTH,
	.options = options,
	.check = check,
	.same = same,
	.lower = lower,
	.compat = compat,
	.help = "date, time of day, day of the week or month",
	.nullary = true,
};
