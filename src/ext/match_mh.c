/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * mh: net/ipv6/netfilter/ip6t_mh.c, mh_mt6(). A mobility header that another header follows is
 * dropped, whatever its type.
 */
#include "lower.h"
#include "exthdr.h"
#include "value.h"

#include <string.h>

enum { TYPE };

#define MH_HEADER 6 /* struct ip6_mh */

static const struct ext_word names[] = {
	{ "binding-refresh-request", 0 },
	{ "brr", 0 },
	{ "home-test-init", 1 },
	{ "hoti", 1 },
	{ "careof-test-init", 2 },
	{ "coti", 2 },
	{ "home-test", 3 },
	{ "hot", 3 },
	{ "careof-test", 4 },
	{ "cot", 4 },
	{ "binding-update", 5 },
	{ "bu", 5 },
	{ "binding-acknowledgement", 6 },
	{ "ba", 6 },
	{ "binding-error", 7 },
	{ "be", 7 },
	{ NULL, 0 },
};

/* Any beginning of a name will do; the first one, unless another is meant exactly. */
static bool type(const char *s, size_t len, uint64_t *out)
{
	const struct ext_word *found = NULL;

	for (const struct ext_word *n = names; n->name; n++)
		if (len <= strlen(n->name) && !strncasecmp(n->name, s, len) &&
		    (!found || strlen(n->name) == len))
			found = n;
	if (found)
		*out = found->value;
	return found || value_u64(s, len, 0, UINT8_MAX, out);
}

static bool parse_type(struct ext_parse *p, struct arg *out)
{
	const char *s = p->word->s, *colon = memchr(s, ':', p->word->len);
	size_t len = colon ? (size_t)(colon - s) : p->word->len, rest = p->word->len - len;

	out->num.lo = 0;
	out->num.hi = UINT8_MAX;
	if ((len || !colon) && !type(s, len, &out->num.lo))
		return ext_value_error(p, "'%.*s' is not a type of mobility header", (int)len, s);
	if (!colon)
		out->num.hi = out->num.lo;
	else if (rest > 1 && !type(colon + 1, rest - 1, &out->num.hi))
		return ext_value_error(p, "'%.*s' is not a type of mobility header", (int)rest - 1,
				       colon + 1);
	return out->num.lo <= out->num.hi || ext_value_error(p, "the range ends before it begins");
}

static const struct ext_option options[] = {
	{ .name = "mh-type", .id = TYPE, .type = ARG_CUSTOM, .flags = OPT_INVERT,
	  .parse = parse_type,
	  .metavar = "type[:type]", .help = "type of the mobility header" },
	{ .name = NULL },
};

static void lower(struct lower *l, const struct ext_use *u)
{
	const struct arg *a = use_arg(u, TYPE);

	lower_need_header(l, IPPROTO_MH, MH_HEADER, false);
	lower_split(l);
	lower_eq(l, exthdr(IPPROTO_MH, 0, 8), IPPROTO_NONE, true);
	lower_verdict(l, VERDICT_DROP);
	lower_continue(l);
	if (!a)
		return;
	l->at = a->at;
	lower_range(l, exthdr(IPPROTO_MH, 16, 8), a->num.lo, a->num.hi, a->invert);
}

const struct ext match_mh = {
	.name = "mh",
	.kind = EXT_MATCH,
	.families = FAMILY_IPV6,
	.protos = { IPPROTO_MH },
	.options = options,
	.lower = lower,
	.help = "IPv6 mobility header",
	.nullary = true,
};
