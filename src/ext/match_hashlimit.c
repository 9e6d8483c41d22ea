/* SPDX-License-Identifier: GPL-2.0-or-later */
/* hashlimit: the options, as libxt_hashlimit.c reads them; hashlimit.c has the match. */
#include "hashlimit.h"
#include "rate.h"
#include "value.h"

#include <string.h>

enum {
	UPTO,
	ABOVE,
	MODE,
	SRCMASK,
	DSTMASK,
	NAME,
	BURST,
	SIZE,
	MAX,
	GCINTERVAL,
	EXPIRE,
	RATEMATCH,
	INTERVAL
};

#define BURST_DEFAULT 5       /* XT_HASHLIMIT_BURST */
#define BURST_MAX     1000000 /* XT_HASHLIMIT_BURST_MAX */
#define TABLE_MAX     1048576 /* HASHLIMIT_MAX_SIZE */
#define MAX_DEFAULT   65536   /* htable_create() with 1 GiB of memory or more */

/* "b/s" somewhere behind the first byte, where parse_bytes() of libxt_hashlimit looks for it. */
static const char *find_bytes(const char *s, size_t len)
{
	for (size_t i = 1; i + 3 <= len; i++)
		if (!memcmp(s + i, "b/s", 3))
			return s + i;
	return NULL;
}

/* --hashlimit-upto: lo and hi of num hold rate and seconds; by bytes, hi is 0 and lo bytes per
 * second. The number is what atoll() reads; what follows it does not count. */
static bool parse_rate(struct ext_parse *p, struct arg *out)
{
	const char *s = p->word->s, *bytes, *slash;
	size_t len = p->word->len, used, rest;
	uint64_t n;

	if (!value_decimal(s, len, &n, &used) || !n)
		return ext_value_error(p, "'%.*s' is not a rate", (int)len, s);
	if (n > INT64_MAX)
		n = INT64_MAX;
	bytes = find_bytes(s, len);
	if (bytes) {
		out->num.lo = n * (bytes[-1] == 'k' ? 1024 : bytes[-1] == 'm' ? 1024 * 1024 : 1);
		out->num.hi = 0;
		/* bytes_to_cost() of libxt_hashlimit, user2credits_byte(): a cost of 1 is none */
		if ((uint32_t)(out->num.lo >> XT_HASHLIMIT_BYTE_SHIFT) >= INT32_MAX)
			return ext_value_error(p, "'%.*s' is more than the kernel takes, 32767mb/s",
					       (int)len, s);
		return true;
	}
	slash = memchr(s, '/', len);
	out->num.hi = PER_SECOND;
	rest = slash ? len - (size_t)(slash - s) - 1 : 0;
	if (slash && (!rest || !(out->num.hi = rate_unit(slash + 1, rest))))
		return ext_value_error(p, "'%.*s' is not second, minute, hour or day", (int)rest,
				       slash + 1);
	out->num.lo = n;
	if (n > XT_HASHLIMIT_SCALE_v2 * out->num.hi)
		return ext_value_error(p, "'%.*s' is no rate up to %llu per second", (int)len, s,
				       XT_HASHLIMIT_SCALE_v2);
	return true;
}

/* A number of packets, or of bytes with b, kb or mb. */
static bool parse_burst(struct ext_parse *p, struct arg *out)
{
	const char *s = p->word->s;
	size_t len = p->word->len, used;

	if (!value_u64_prefix(s, len, &out->num.lo, &used) || !out->num.lo)
		return ext_value_error(p, "'%.*s' is not a burst", (int)len, s);
	if (used == len && out->num.lo > BURST_MAX)
		return ext_value_error(p, "'%.*s' is more than %d", (int)len, s, BURST_MAX);
	if (out->num.lo > UINT64_MAX >> 20)
		return ext_value_error(p, "'%.*s' is not a burst", (int)len, s);
	if (used < len && (s[used] == 'k' || s[used] == 'm'))
		out->num.lo *= s[used] == 'k' ? 1024 : 1024 * 1024;
	out->num.hi = used < len; /* bytes */
	return true;
}

static bool parse_mode(struct ext_parse *p, struct arg *out)
{
	static const struct ext_word words[] = { { "dstip", XT_HASHLIMIT_HASH_DIP },
						 { "srcip", XT_HASHLIMIT_HASH_SIP },
						 { "dstport", XT_HASHLIMIT_HASH_DPT },
						 { "srcport", XT_HASHLIMIT_HASH_SPT } };
	const char *s = p->word->s, *end = s + p->word->len;

	while (s < end) { /* strtok(): empty words don't count */
		const char *comma = memchr(s, ',', (size_t)(end - s)), *stop = comma ? comma : end;
		size_t i = 0, len = (size_t)(stop - s);

		while (i < 4 &&
		       (strlen(words[i].name) != len || memcmp(words[i].name, s, len) != 0))
			i++;
		if (i == 4 && len)
			return ext_value_error(p, "'%.*s' is not dstip, srcip, dstport or srcport",
					       (int)len, s);
		if (i < 4)
			out->num.lo |= words[i].value;
		s = stop + 1;
	}
	return true;
}

/* atoi() */
static bool parse_interval(struct ext_parse *p, struct arg *out)
{
	size_t used;

	if (!value_decimal(p->word->s, p->word->len, &out->num.lo, &used) || (int32_t)out->num.lo <= 0)
		return ext_value_error(p, "'%.*s' is not a number of seconds", (int)p->word->len,
				       p->word->s);
	out->num.lo = out->num.hi = (uint32_t)out->num.lo;
	return true;
}

#define BYTE_NOTE "packets per time only: xtables counts bytes in steps of 16"

static const struct ext_option options[] = {
	{ .name = "hashlimit-upto", .id = UPTO, .type = ARG_CUSTOM, .parse = parse_rate,
	  .flags = OPT_INVERT | OPT_REQUIRED, .excl = 1u << ABOVE,
	  .metavar = "n[/second|/minute|/hour|/day]",
	  .help = "at most this average rate", .support = PARTLY, .note = BYTE_NOTE },
	{ .name = "hashlimit-above", .id = ABOVE, .type = ARG_CUSTOM, .parse = parse_rate,
	  .flags = OPT_INVERT, .excl = 1u << UPTO, .metavar = "n[/second|/minute|/hour|/day]",
	  .help = "more than this rate", .support = PARTLY, .note = BYTE_NOTE },
	{ .name = "hashlimit", .id = UPTO, .type = ARG_CUSTOM, .parse = parse_rate,
	  .flags = OPT_INVERT | OPT_ALIAS, .excl = 1u << ABOVE },
	{ .name = "hashlimit-mode", .id = MODE, .type = ARG_CUSTOM, .parse = parse_mode,
	  .metavar = "srcip,srcport,dstip,dstport", .help = "a bucket for each of these" },
	{ .name = "hashlimit-srcmask", .id = SRCMASK, .type = ARG_PREFIX,
	  .metavar = "prefix", .help = "group source addresses" },
	{ .name = "hashlimit-dstmask", .id = DSTMASK, .type = ARG_PREFIX,
	  .metavar = "prefix", .help = "group destination addresses" },
	{ .name = "hashlimit-name", .id = NAME, .type = ARG_STRING, .flags = OPT_REQUIRED | OPT_CUT, .min = 1,
	  .max = 254, .metavar = "name",
	  .help = "the table of buckets; the first rule that names it says how it works" },
	{ .name = "hashlimit-burst", .id = BURST, .type = ARG_CUSTOM, .parse = parse_burst,
	  .metavar = "n", .help = "packets at once (default 5)", .support = PARTLY,
	  .note = "one that overflows in the kernel, as 5 of 2/day, is refused" },
	{ .name = "hashlimit-htable-size", .id = SIZE, .type = ARG_U32, .max = UINT32_MAX,
	  .metavar = "n",
	  .help = "hash buckets: only its effect on --hashlimit-htable-max counts" },
	{ .name = "hashlimit-htable-max", .id = MAX, .type = ARG_U32, .max = UINT32_MAX,
	  .metavar = "n", .help = "entries (default 65536)" },
	{ .name = "hashlimit-htable-gcinterval", .id = GCINTERVAL, .type = ARG_U32, .min = 1,
	  .max = UINT32_MAX, .metavar = "ms", .help = "between garbage collections: not needed" },
	{ .name = "hashlimit-htable-expire", .id = EXPIRE, .type = ARG_U32, .min = 1,
	  .max = UINT32_MAX,
	  .metavar = "ms", .help = "life time of an idle bucket (default: the rate's unit)" },
	{ .name = "hashlimit-rate-match", .id = RATEMATCH, .type = ARG_NONE,
	  .help = "compare the rate without limiting it", .support = COMPAT,
	  .note = "nftables measures no rates" },
	{ .name = "hashlimit-rate-interval", .id = INTERVAL, .type = ARG_CUSTOM, .parse = parse_interval,
	  .metavar = "seconds", .help = "for --hashlimit-rate-match", .support = COMPAT,
	  .note = "nftables measures no rates" },
	{ .name = NULL },
};

static void decode_table(struct hashlimit_table *t, const struct ext_use *u, unsigned width)
{
	const struct arg *mode = use_arg(u, MODE), *src = use_arg(u, SRCMASK),
			 *dst = use_arg(u, DSTMASK);
	const struct arg *size = use_arg(u, SIZE), *max = use_arg(u, MAX),
			 *expire = use_arg(u, EXPIRE);
	uint32_t buckets = size ? (uint32_t)size->num.lo : 0;

	t->mode = mode ? (uint32_t)mode->num.lo : 0;
	t->srcmask = (uint8_t)(src ? src->num.lo : width);
	t->dstmask = (uint8_t)(dst ? dst->num.lo : width);
	if (!(t->mode & XT_HASHLIMIT_HASH_SIP)) /* not looked at */
		t->srcmask = 0;
	if (!(t->mode & XT_HASHLIMIT_HASH_DIP))
		t->dstmask = 0;
	t->ratematch = use_arg(u, RATEMATCH);
	if (buckets > TABLE_MAX)
		buckets = TABLE_MAX;
	t->max = max ? (uint32_t)max->num.lo : 0;
	if (t->max > TABLE_MAX)
		t->max = TABLE_MAX;
	if (!t->max)
		t->max = buckets ? 8 * buckets : MAX_DEFAULT;
	else if (t->max < buckets)
		t->max = buckets;
	t->expire = expire ? (uint32_t)expire->num.lo : (uint32_t)t->unit * 1000;
}

void hashlimit_decode(const struct ext_use *u, unsigned family, struct hashlimit *h)
{
	const struct arg *upto = use_arg(u, UPTO), *rate = upto ? upto : use_arg(u, ABOVE);
	const struct arg *burst = use_arg(u, BURST);

	memset(h, 0, sizeof(*h));
	h->name = use_arg(u, NAME)->str.s;
	h->above = rate->invert != !upto;
	h->t.bytes = !rate->num.hi;
	h->t.rate = rate->num.lo;
	h->t.unit = rate->num.hi;
	h->t.burst = burst ? burst->num.lo : BURST_DEFAULT;
	if (!h->t.bytes)
		h->t.avg = XT_HASHLIMIT_SCALE_v2 * h->t.unit / h->t.rate;
	decode_table(&h->t, u, family == FAMILY_IPV6 ? 128 : 32);
}

/* As libxt_hashlimit.c calls and computes them. */
static uint64_t bytes_to_cost(uint64_t bytes)
{
	return UINT32_MAX / ((uint32_t)(bytes >> XT_HASHLIMIT_BYTE_SHIFT) + 1);
}

static uint64_t cost_to_bytes(uint64_t cost)
{
	return ((cost ? UINT32_MAX / cost : UINT32_MAX) - 1) << XT_HASHLIMIT_BYTE_SHIFT;
}

static bool check(struct ruleset *rs, const struct rule *r, struct ext_use *u)
{
	const struct arg *name = use_arg(u, NAME), *burst = use_arg(u, BURST);
	struct hashlimit h;

	(void)r;
	if (strchr(name->str.s, '/') || !strcmp(name->str.s, ".") || !strcmp(name->str.s, "..")) {
		diag_error(rs->diags, name->value,
			   "--hashlimit-name: '%s' can't be the name of a file", name->str.s);
		return false;
	}
	for (unsigned i = 0; i < u->nargs; i++)
		if ((u->args[i].id == SRCMASK || u->args[i].id == DSTMASK) &&
		    u->args[i].num.lo == PREFIX_NONE) {
			diag_error(rs->diags, u->args[i].value, "hashlimit: this mask is no prefix");
			return false;
		}
	hashlimit_decode(u, rs->family, &h);
	if (!h.t.bytes && burst && h.t.burst > BURST_MAX) {
		diag_error(rs->diags, burst->value, "--hashlimit-burst: more than %d packets",
			   BURST_MAX);
		return false;
	}
	if (h.t.bytes && burst && h.t.burst < cost_to_bytes(bytes_to_cost(h.t.rate))) {
		diag_error(rs->diags, burst->value, "--hashlimit-burst: less than the rate, %llu bytes",
			   (unsigned long long)cost_to_bytes(bytes_to_cost(h.t.rate)));
		return false;
	}
	/* hashlimit_mt_check_common() notices an overflow when it makes the credit smaller. */
	if (!h.t.bytes && !h.t.ratematch &&
	    h.t.avg * h.t.burst * HASHLIMIT_CREDITS < h.t.avg * HASHLIMIT_CREDITS) {
		diag_error(rs->diags, u->at,
			   "the kernel refuses this rate and burst: their product overflows");
		return false;
	}
	return true;
}

static void compat_bytes(const struct ext_use *u, const struct hashlimit *h,
			 struct hashlimit_cfg3 *cfg)
{
	uint64_t cost = bytes_to_cost(h->t.rate), step = cost_to_bytes(cost);
	bool burst = use_arg(u, BURST);

	cfg->mode |= XT_HASHLIMIT_BYTES;
	cfg->avg = cost;
	cfg->burst = burst && step ? ((uint32_t)h->t.burst + step - 1) / step : 0; /* 32 bits are kept */
	if (!use_arg(u, EXPIRE))
		cfg->expire = burst ? 60 * 1000
				    : 15 * 1000; /* XT_HASHLIMIT_BYTE_EXPIRE_BURST, …_EXPIRE */
}

static bool compat(struct lower *l, const struct ext_use *u, struct compat_blob *blob)
{
	struct xt_hashlimit_mtinfo3 *info = ARENA_NEW(l->arena, struct xt_hashlimit_mtinfo3);
	const struct arg *gc = use_arg(u, GCINTERVAL), *size = use_arg(u, SIZE),
			 *max = use_arg(u, MAX);
	const struct arg *interval = use_arg(u, INTERVAL);
	struct hashlimit h;

	hashlimit_decode(u, l->family, &h);
	memcpy(info->name, h.name, strlen(h.name));
	info->cfg.avg = h.t.avg;
	info->cfg.burst = h.t.burst;
	info->cfg.mode = h.t.mode | (h.above ? XT_HASHLIMIT_INVERT : 0);
	info->cfg.size = size ? (uint32_t)size->num.lo : 0;
	info->cfg.max = max ? (uint32_t)max->num.lo : 0;
	info->cfg.gc_interval = gc ? (uint32_t)gc->num.lo : 1000;
	info->cfg.expire = h.t.expire;
	info->cfg.srcmask = (uint8_t)(use_arg(u, SRCMASK) ? use_arg(u, SRCMASK)->num.lo
				      : lower_v6(l)	  ? 128
							  : 32);
	info->cfg.dstmask = (uint8_t)(use_arg(u, DSTMASK) ? use_arg(u, DSTMASK)->num.lo
				      : lower_v6(l)	  ? 128
							  : 32);
	if (h.t.bytes)
		compat_bytes(u, &h, &info->cfg);
	if (interval)
		info->cfg.interval = (uint32_t)interval->num.lo;
	if (h.t.ratematch) {
		info->cfg.mode |= XT_HASHLIMIT_RATE_MATCH;
		if (!h.t.bytes)
			info->cfg.avg /= h.t.unit;
		if (!info->cfg.interval)
			info->cfg.interval = h.t.bytes ? 1 : (uint32_t)h.t.unit;
	}
	*blob = (struct compat_blob){ "hashlimit", 3, info, sizeof(*info) };
	return true;
}

static bool same(struct ruleset *rs, const struct ext_use *u, const struct ext_use *v)
{
	struct hashlimit a, b;

	hashlimit_decode(u, rs->family, &a);
	hashlimit_decode(v, rs->family, &b);
	if (strcmp(a.name, b.name) != 0 || a.above != b.above)
		return false;
	if (!a.t.bytes && !b.t.bytes) { /* the kernel is told the average alone */
		a.t.rate = b.t.rate;
		a.t.unit = b.t.unit;
	}
	return !memcmp(&a.t, &b.t, sizeof(a.t)) &&
	       use_same(rs, u, v, (1u << NAME) | (1u << UPTO) | (1u << ABOVE) | (1u << BURST) | (1u << MODE) |
				  (1u << EXPIRE));
}

const struct ext match_hashlimit = {
	.name = "hashlimit",
	.kind = EXT_MATCH,
	.families = FAMILY_BOTH,
	.options = options,
	.check = check,
	.same = same,
	.lower = hashlimit_lower,
	.compat = compat,
	.help = "token buckets by address and port",
};
