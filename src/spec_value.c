/* SPDX-License-Identifier: GPL-2.0-or-later */
/* spec_value: an option's value, by the type that its table gives it. */
#include "spec.h"

#include <ctype.h>
#include <netdb.h>
#include <string.h>
#include "value.h"

struct typed {
	const struct ext_parse *p;
	const struct ext_option *opt;
	const struct word *w;
	struct arg *out;
};

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

#define BAD(t, ...) ext_value_error((t)->p, __VA_ARGS__)
#define W(w) (int)(w)->len, (w)->s

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

/* Options of one address are read by getaddrinfo(), other addresses by libxtables: their short forms
 * mean different things. */
static bool address(const struct typed *t, const char *s, size_t len, struct addr *out)
{
	unsigned family = t->p->rs->family;
	bool ok;

	memset(out, 0, sizeof(*out));
	if (family == FAMILY_IPV6)
		ok = value_ipv6(s, len, &out->v6);
	else
		ok = t->opt->type == ARG_ADDR_RANGE ? value_ipv4(s, len, &out->v4)
						    : value_inet_aton(s, len, &out->v4);
	if (ok)
		return true;
	if (t->p->rs->resolve && value_resolve(s, len, family, out, 1))
		return true;
	return BAD(t, "'%.*s' is not an %s address", (int)len, s, family == FAMILY_IPV6 ? "IPv6" : "IPv4");
}

/* xtopt_parse_plenmask(): a mask that is not a prefix becomes a whole one. */
static bool prefix_mask(const struct typed *t, const char *s, size_t len, struct addr *out)
{
	int bits = value_prefix(s, len, t->p->rs->family);

	if (bits == PREFIX_NONE)
		memset(out->b, 0xff, sizeof(out->b));
	else
		prefix_fill(out, bits < 0 ? 0 : (unsigned)bits, t->p->rs->family);
	return bits >= 0;
}

static bool prefix(const struct typed *t)
{
	int bits = value_prefix(t->w->s, t->w->len, t->p->rs->family);

	if (bits < 0)
		return BAD(t, "'%.*s' is not the length of a prefix (0 to %d) or a mask", W(t->w),
			   t->p->rs->family == FAMILY_IPV6 ? 128 : 32);
	t->out->num.lo = t->out->num.hi = (unsigned)bits;
	return true;
}

static bool host(const struct typed *t, bool with_mask)
{
	const struct word *w = t->w;
	const char *slash = with_mask ? memchr(w->s, '/', w->len) : NULL;
	size_t n = slash ? (size_t)(slash - w->s) : w->len;
	struct addr *items = arena_array(t->p->rs->arena, 2, sizeof(*items));

	memset(items[1].b, 0xff, sizeof(items[1].b)); /* also IPv4's, as xtopt_parse_host(): for -D */
	if (slash && !prefix_mask(t, slash + 1, w->len - n - 1, &items[1]))
		return BAD(t, "'%.*s' is not a mask", (int)(w->len - n - 1), slash + 1);
	t->out->host.items = items;
	t->out->host.n = 1;
	return address(t, w->s, n, &items[0]);
}

static bool addr_range(const struct typed *t)
{
	const struct word *w = t->w;
	const char *dash = memchr(w->s, '-', w->len);
	size_t n = dash ? (size_t)(dash - w->s) : w->len;

	t->out->addrs = ARENA_NEW(t->p->rs->arena, __typeof__(*t->out->addrs));
	if (!address(t, w->s, n, &t->out->addrs->lo))
		return false;
	t->out->addrs->hi = t->out->addrs->lo;
	if (dash && !address(t, dash + 1, w->len - n - 1, &t->out->addrs->hi))
		return false;
	return true;
}

static bool port(const struct typed *t, const char *s, size_t len, uint64_t *out)
{
	uint64_t number;
	size_t used;
	uint16_t v;

	if (!(t->opt->flags & OPT_SERVICE ? value_service(s, len, &v)
					  : value_port(s, len, t->p->spec->proto, &v)))
		return BAD(t, "'%.*s' is not a port or service", (int)len, s);
	if (t->opt->flags & OPT_SERVICE && value_decimal(s, len, &number, &used) && number > UINT16_MAX)
		diag_add(t->p->rs->diags, IPTC2NFT_SEV_WARNING, t->w->at,
			 "--%s: iptables takes '%.*s' for port %u", t->opt->name, (int)len, s, v);
	*out = v;
	return true;
}

static bool port_range(const struct typed *t, const char *s, size_t len, uint64_t *lo, uint64_t *hi)
{
	const char *colon = memchr(s, ':', len);
	size_t n = colon ? (size_t)(colon - s) : len, m = colon ? len - n - 1 : 0;

	*lo = 0;
	*hi = UINT16_MAX;
	if (colon && t->opt->type == ARG_PORTS && (!n || !m)) /* multiport has no open ranges */
		return BAD(t, "the range '%.*s' needs both ends", (int)len, s);
	if ((n || !colon) && !port(t, s, n, lo))
		return false;
	if (!colon)
		*hi = *lo;
	else if (m && !port(t, colon + 1, m, hi))
		return false;
	if (colon && *lo == *hi && t->opt->type == ARG_PORTS)
		return BAD(t, "the range '%.*s' has one port: write it once", (int)len, s);
	if (*lo > *hi && t->opt->flags & OPT_ORDERED)
		return BAD(t, "the range '%.*s' ends before it begins", (int)len, s);
	return true;
}

static bool ports(const struct typed *t)
{
	const char *s = t->w->s, *end = s + t->w->len;
	struct arg_range items[RULE_WORDS_MAX];
	uint32_t n = 0, max = t->opt->max ? (uint32_t)t->opt->max : RULE_WORDS_MAX;

	if (t->p->before_proto && t->p->spec->proto_given)
		return BAD(t, "-p must come before the ports");
	while (s <= end) {
		const char *comma = memchr(s, ',', (size_t)(end - s));
		size_t len = (size_t)((comma ? comma : end) - s);

		if (n == max || n == RULE_WORDS_MAX)
			return BAD(t, "more than %u ports", max);
		if (!port_range(t, s, len, &items[n].lo, &items[n].hi))
			return false;
		n++;
		s += len + 1;
	}
	t->out->list.items = arena_array(t->p->rs->arena, n, sizeof(*items));
	memcpy(t->out->list.items, items, n * sizeof(*items));
	t->out->list.n = n;
	return true;
}

static bool ether(const struct typed *t, bool with_mask)
{
	const struct word *w = t->w;
	const char *slash = with_mask ? memchr(w->s, '/', w->len) : NULL;
	size_t n = slash ? (size_t)(slash - w->s) : w->len;

	memset(t->out->ether.mask, 0xff, 6);
	if (!value_ether(w->s, n, t->out->ether.mac) ||
	    (slash && !value_ether(slash + 1, w->len - n - 1, t->out->ether.mask)))
		return BAD(t, "'%.*s' is not a MAC address", W(w));
	return true;
}

/* Other than -p, options take names as they are: "TCP" is an alias of the protocols database, "Tcp" is none. */
static bool proto(const struct typed *t)
{
	char name[64] = "", buf[4096];
	struct protoent entry, *found = NULL;
	bool upper = false;
	uint16_t v;

	for (uint32_t i = 0; i < t->w->len && i < sizeof(name) - 1; i++) {
		name[i] = t->w->s[i];
		upper |= isupper((unsigned char)name[i]) && name[0] != '0'; /* 0X10 is a number */
	}
	if (!value_proto(t->w->s, t->w->len, &v) ||
	    (upper && (getprotobyname_r(name, &entry, buf, sizeof(buf), &found) || !found)))
		return BAD(t, "unknown protocol '%.*s'", W(t->w));
	t->out->num.lo = t->out->num.hi = v;
	return true;
}

static bool iface(const struct typed *t)
{
	const struct word *w = t->w;
	struct iface *i = ARENA_NEW(t->p->rs->arena, struct iface);

	if (!w->len || w->len > IFNAME_MAX_BYTES)
		return BAD(t, "'%.*s' is not an interface name of 1 to %d bytes", W(w), IFNAME_MAX_BYTES);
	i->given = true;
	i->invert = t->out->invert;
	i->at = w->at;
	i->prefix = w->s[w->len - 1] == '+';
	i->len = (uint8_t)(w->len - i->prefix);
	i->name = arena_strndup(t->p->rs->arena, w->s, i->len);
	t->out->custom = i;
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
	case ARG_HOST: return host(t, false);
	case ARG_HOSTMASK: return host(t, true);
	case ARG_PREFIX: return prefix(t);
	case ARG_ADDR_RANGE: return addr_range(t);
	case ARG_PORT:
		t->out->num.hi = 0;
		return port(t, t->w->s, t->w->len, &t->out->num.lo) &&
		       (t->out->num.hi = t->out->num.lo, true);
	case ARG_PORT_RANGE:
		return port_range(t, t->w->s, t->w->len, &t->out->num.lo, &t->out->num.hi);
	case ARG_PORTS: return ports(t);
	case ARG_ETHER: return ether(t, false);
	case ARG_ETHERMASK: return ether(t, true);
	case ARG_PROTO: return proto(t);
	case ARG_IFACE: return iface(t);
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
