/* SPDX-License-Identifier: GPL-2.0-or-later */
/* spec_value: an option's value, by the type that its table gives it. */
#include "spec_value.h"

#include <string.h>
#include "value.h"

bool ext_value_error(const struct ext_parse *p, const char *fmt, ...)
{
	va_list ap;
	const struct span at = p->word ? p->word->at : p->opt_at;

	va_start(ap, fmt);
	const char *text = arena_vprintf(p->rs->arena, fmt, ap);
	va_end(ap);
	diag_error(p->rs->diags, at, "--%s: %s", p->opt->name, text);
	return false;
}

/* The type's own limits where the option gives none. */
static void limits(const struct ext_option *o, uint64_t *min, uint64_t *max)
{
	static const uint64_t type_max[] = {
		[ARG_U8] = UINT8_MAX,         [ARG_U16] = UINT16_MAX,       [ARG_U32] = UINT32_MAX,
		[ARG_U64] = UINT64_MAX,       [ARG_U8_RANGE] = UINT8_MAX,   [ARG_U16_RANGE] = UINT16_MAX,
		[ARG_U32_RANGE] = UINT32_MAX, [ARG_U64_RANGE] = UINT64_MAX, [ARG_U32_DASH] = UINT32_MAX,
		[ARG_CUSTOM] = 0,
	};

	*min = o->min;
	*max = o->max;
	if (!o->min && !o->max)
		*max = type_max[o->type];
}

static bool number(const struct typed *t)
{
	uint64_t min, max;

	limits(t->opt, &min, &max);
	if (!value_u64(t->w->s, t->w->len, min, max, &t->out->num.lo))
		return BAD(t, "'%.*s' is not a number from %llu to %llu", W(t->w),
			   (unsigned long long)min, (unsigned long long)max);
	t->out->num.hi = t->out->num.lo;
	return true;
}

/* a, a:b, :b, a: (or with '-'); as xtopt_parse_mint(), absent ends are the type's limits, and nothing
 * at all is the lower one. */
static bool range(const struct typed *t, char separator)
{
	const struct word *w = t->w;
	const char *sep = memchr(w->s, separator, w->len);
	size_t n = sep ? (size_t)(sep - w->s) : w->len, m = sep ? w->len - n - 1 : 0;
	uint64_t min, max, lo, hi;

	limits(t->opt, &min, &max);
	lo = min;
	hi = max;
	if ((n || (!sep && separator == '-')) && !value_u64(w->s, n, min, max, &lo))
		return BAD(t, "'%.*s' is not a number from %llu to %llu", (int)n, w->s,
			   (unsigned long long)min, (unsigned long long)max);
	if (sep && m && !value_u64(sep + 1, m, min, max, &hi))
		return BAD(t, "'%.*s' is not a number from %llu to %llu", (int)m, sep + 1,
			   (unsigned long long)min, (unsigned long long)max);
	if (!sep)
		hi = lo;
	if (lo > hi && t->opt->flags & OPT_ORDERED)
		return BAD(t, "the range '%.*s' ends before it begins", W(w));
	t->out->num.lo = lo;
	t->out->num.hi = hi;
	return true;
}

static bool string(const struct typed *t)
{
	const struct word *w = t->w;
	uint32_t len = w->len;

	if (w->len < t->opt->min)
		return BAD(t, "'%.*s' is too short", W(w));
	if (t->opt->flags & OPT_CUT && len > t->opt->max)
		len = (uint32_t)t->opt->max;
	if (t->opt->max && len > t->opt->max)
		return BAD(t, "'%.*s' is longer than %llu bytes", W(w),
			   (unsigned long long)t->opt->max);
	t->out->str.s = arena_strndup(t->p->rs->arena, w->s, len);
	t->out->str.len = len;
	return true;
}

static const struct ext_word *find_word(const struct ext_option *o, const char *s, size_t len)
{
	bool nocase = o->flags & OPT_NOCASE;

	for (const struct ext_word *w = o->words; w && w->name; w++)
		if (strlen(w->name) == len &&
		    !(nocase ? strncasecmp(w->name, s, len) : memcmp(w->name, s, len)))
			return w;
	return NULL;
}

static const char *word_list(const struct typed *t)
{
	char *s = arena_strdup(t->p->rs->arena, "");

	for (const struct ext_word *w = t->opt->words; w && w->name; w++)
		s = arena_printf(t->p->rs->arena, "%s%s%s", s, *s ? ", " : "", w->name);
	return s;
}

static bool choice(const struct typed *t)
{
	const struct ext_word *f = find_word(t->opt, t->w->s, t->w->len);

	if (f)
		t->out->num.lo = f->value;
	else if (!(t->opt->flags & OPT_NUMBER) ||
		 !value_u64(t->w->s, t->w->len, t->opt->min, t->opt->max ? t->opt->max : UINT32_MAX,
			    &t->out->num.lo))
		return BAD(t, "'%.*s' is not one of %s", W(t->w), word_list(t));
	t->out->num.hi = t->out->num.lo;
	return true;
}

static bool flags(const struct typed *t)
{
	const char *s = t->w->s, *end = s + t->w->len;

	t->out->mark.value = 0;
	t->out->mark.mask = UINT32_MAX;
	while (s <= end) {
		const char *comma = memchr(s, ',', (size_t)(end - s));
		size_t n = (size_t)((comma ? comma : end) - s);
		const struct ext_word *f = find_word(t->opt, s, n);

		if (!f)
			return BAD(t, "'%.*s' is not one of %s", (int)n, s, word_list(t));
		t->out->mark.value |= (uint32_t)f->value;
		s += n + 1;
	}
	return true;
}

static bool mark(const struct typed *t)
{
	if (!value_mark(t->w->s, t->w->len, &t->out->mark.value, &t->out->mark.mask))
		return BAD(t, "'%.*s' is not VALUE or VALUE/MASK", W(t->w));
	return true;
}

/* xtopt_parse_tosmask(): names stand for a value under mask 0x3f. */
static bool tos(const struct typed *t)
{
	static const struct ext_word names[] = {
		{ "Minimize-Delay", 0x10 }, { "Maximize-Throughput", 0x08 },
		{ "Maximize-Reliability", 0x04 }, { "Minimize-Cost", 0x02 },
		{ "Normal-Service", 0x00 }, { NULL, 0 },
	};
	const struct ext_word *f = NULL;
	struct arg *o = t->out;

	for (const struct ext_word *n = names; n->name; n++)
		if (strlen(n->name) == t->w->len && !strncasecmp(n->name, t->w->s, t->w->len))
			f = n;
	if (f) {
		o->mark.value = (uint32_t)f->value;
		o->mark.mask = 0x3f;
		return true;
	}
	if (!value_mark(t->w->s, t->w->len, &o->mark.value, &o->mark.mask))
		return BAD(t, "'%.*s' is neither a type of service nor VALUE/MASK", W(t->w));
	if (!memchr(t->w->s, '/', t->w->len))
		o->mark.mask = 0xff;
	if (o->mark.value > 0xff || o->mark.mask > 0xff)
		return BAD(t, "'%.*s' is more than 0xff", W(t->w));
	return true;
}

static bool syslog(const struct typed *t)
{
	uint8_t level;

	if (!value_syslog(t->w->s, t->w->len, &level))
		return BAD(t, "'%.*s' is not a log level (emerg, alert, crit, error, warning, notice, "
			      "info, debug, or 0 to 7)", W(t->w));
	t->out->num.lo = t->out->num.hi = level;
	return true;
}

static bool by_type(const struct typed *t)
{
	switch ((enum arg_type)t->opt->type) {
	case ARG_NONE: return true;
	case ARG_U8:
	case ARG_U16:
	case ARG_U32:
	case ARG_U64: return number(t);
	case ARG_U8_RANGE:
	case ARG_U16_RANGE:
	case ARG_U32_RANGE:
	case ARG_U64_RANGE: return range(t, ':');
	case ARG_U32_DASH: return range(t, '-');
	case ARG_STRING: return string(t);
	case ARG_ENUM: return choice(t);
	case ARG_FLAGS: return flags(t);
	case ARG_MARK: return mark(t);
	case ARG_TOS: return tos(t);
	case ARG_SYSLOG: return syslog(t);
	case ARG_HOST: return typed_host(t, false);
	case ARG_HOSTMASK: return typed_host(t, true);
	case ARG_PREFIX: return typed_prefix(t);
	case ARG_ADDR_RANGE: return typed_addr_range(t);
	case ARG_PORT:
		t->out->num.hi = 0;
		return typed_port(t, t->w->s, t->w->len, &t->out->num.lo) &&
		       (t->out->num.hi = t->out->num.lo, true);
	case ARG_PORT_RANGE:
		return typed_port_range(t, t->w->s, t->w->len, &t->out->num.lo, &t->out->num.hi);
	case ARG_PORTS: return typed_ports(t);
	case ARG_ETHER: return typed_ether(t, false);
	case ARG_ETHERMASK: return typed_ether(t, true);
	case ARG_PROTO: return typed_proto(t);
	case ARG_IFACE: return typed_iface(t);
	case ARG_CUSTOM: break;
	}
	return false;
}

bool spec_value(struct ruleset *rs, const struct rule *line, const struct rule_spec *spec,
		const struct ext *ext, const struct raw_option *raw, struct arg *out)
{
	struct ext_parse p = { .rs = rs, .rule = line, .ext = ext, .opt = raw->opt, .opt_at = raw->at,
			       .word = raw->has_value ? &raw->value : NULL,
			       .word2 = raw->opt->flags & OPT_TWO ? &raw->value2 : NULL,
			       .invert = raw->invert, .before_proto = raw->before_proto, .family = rs->family, .spec = spec };
	struct typed t = { &p, raw->opt, p.word, out };

	out->id = raw->opt->id;
	out->invert = raw->invert;
	out->at = raw->at;
	out->value = raw->has_value ? raw->value.at : raw->at;
	if (raw->opt->type == ARG_CUSTOM)
		return raw->opt->parse(&p, out);
	return !p.word || by_type(&t);
}
