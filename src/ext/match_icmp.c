/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * icmp, icmp6: net/netfilter/xt_tcpudp.c, icmp_match() and icmp6_match(). Eight bytes of header are
 * read; fewer drop the packet. A type with a code is one test: `!` negates both together. For IPv4
 * type 255 is "any"; ICMPv6 has no such type.
 */
#include "lower.h"
#include "value.h"

#include <string.h>

enum { TYPE };

#define ICMP_HEADER 8
#define ICMP_ANY    255

struct icmp_name {
	const char *name;
	uint8_t type, lo, hi;
};

/* Names of libxt_icmp.h; the beginning of a name is enough where it is unique. */
static const struct icmp_name names4[] = {
	{ "any", ICMP_ANY, 0, 255 },
	{ "echo-reply", 0, 0, 255 },
	{ "pong", 0, 0, 255 },
	{ "destination-unreachable", 3, 0, 255 },
	{ "network-unreachable", 3, 0, 0 },
	{ "host-unreachable", 3, 1, 1 },
	{ "protocol-unreachable", 3, 2, 2 },
	{ "port-unreachable", 3, 3, 3 },
	{ "fragmentation-needed", 3, 4, 4 },
	{ "source-route-failed", 3, 5, 5 },
	{ "network-unknown", 3, 6, 6 },
	{ "host-unknown", 3, 7, 7 },
	{ "network-prohibited", 3, 9, 9 },
	{ "host-prohibited", 3, 10, 10 },
	{ "TOS-network-unreachable", 3, 11, 11 },
	{ "TOS-host-unreachable", 3, 12, 12 },
	{ "communication-prohibited", 3, 13, 13 },
	{ "host-precedence-violation", 3, 14, 14 },
	{ "precedence-cutoff", 3, 15, 15 },
	{ "source-quench", 4, 0, 255 },
	{ "redirect", 5, 0, 255 },
	{ "network-redirect", 5, 0, 0 },
	{ "host-redirect", 5, 1, 1 },
	{ "TOS-network-redirect", 5, 2, 2 },
	{ "TOS-host-redirect", 5, 3, 3 },
	{ "echo-request", 8, 0, 255 },
	{ "ping", 8, 0, 255 },
	{ "router-advertisement", 9, 0, 255 },
	{ "router-solicitation", 10, 0, 255 },
	{ "time-exceeded", 11, 0, 255 },
	{ "ttl-exceeded", 11, 0, 255 },
	{ "ttl-zero-during-transit", 11, 0, 0 },
	{ "ttl-zero-during-reassembly", 11, 1, 1 },
	{ "parameter-problem", 12, 0, 255 },
	{ "ip-header-bad", 12, 0, 0 },
	{ "required-option-missing", 12, 1, 1 },
	{ "timestamp-request", 13, 0, 255 },
	{ "timestamp-reply", 14, 0, 255 },
	{ "address-mask-request", 17, 0, 255 },
	{ "address-mask-reply", 18, 0, 255 },
	{ NULL, 0, 0, 0 },
};

static const struct icmp_name names6[] = {
	{ "destination-unreachable", 1, 0, 255 },
	{ "no-route", 1, 0, 0 },
	{ "communication-prohibited", 1, 1, 1 },
	{ "beyond-scope", 1, 2, 2 },
	{ "address-unreachable", 1, 3, 3 },
	{ "port-unreachable", 1, 4, 4 },
	{ "failed-policy", 1, 5, 5 },
	{ "reject-route", 1, 6, 6 },
	{ "packet-too-big", 2, 0, 255 },
	{ "time-exceeded", 3, 0, 255 },
	{ "ttl-exceeded", 3, 0, 255 },
	{ "ttl-zero-during-transit", 3, 0, 0 },
	{ "ttl-zero-during-reassembly", 3, 1, 1 },
	{ "parameter-problem", 4, 0, 255 },
	{ "bad-header", 4, 0, 0 },
	{ "unknown-header-type", 4, 1, 1 },
	{ "unknown-option", 4, 2, 2 },
	{ "echo-request", 128, 0, 255 },
	{ "ping", 128, 0, 255 },
	{ "echo-reply", 129, 0, 255 },
	{ "pong", 129, 0, 255 },
	{ "mld-listener-query", 130, 0, 255 },
	{ "mld-listener-report", 131, 0, 255 },
	{ "mld-listener-done", 132, 0, 255 },
	{ "mld-listener-reduction", 132, 0, 255 },
	{ "router-solicitation", 133, 0, 255 },
	{ "router-advertisement", 134, 0, 255 },
	{ "neighbour-solicitation", 135, 0, 255 },
	{ "neighbor-solicitation", 135, 0, 255 },
	{ "neighbour-advertisement", 136, 0, 255 },
	{ "neighbor-advertisement", 136, 0, 255 },
	{ "redirect", 137, 0, 255 },
	{ NULL, 0, 0, 0 },
};

/* num: type in the high byte, first and last code below. */
static bool by_name(struct ext_parse *p, struct arg *out, const struct icmp_name *names)
{
	const struct icmp_name *found = NULL;
	const struct word *w = p->word;

	for (; names->name; names++) {
		if (strlen(names->name) < w->len || strncasecmp(names->name, w->s, w->len))
			continue;
		if (strlen(names->name) == w->len) {
			found = names;
			break;
		}
		if (found)
			return ext_value_error(p, "'%.*s' is short for both %s and %s", (int)w->len, w->s,
					       found->name, names->name);
		found = names;
	}
	if (!found)
		return ext_value_error(p, "'%.*s' is not an ICMP type", (int)w->len, w->s);
	out->num.lo = (uint64_t)found->type << 8 | found->lo;
	out->num.hi = (uint64_t)found->type << 8 | found->hi;
	return true;
}

/* parse_range() of libxt_icmp.h: a[:b]; the rest, or NULL. */
static const char *number_range(const char *s, const char *end, uint64_t *lo, uint64_t *hi)
{
	size_t used;

	if (!value_u64_prefix(s, (size_t)(end - s), lo, &used) || *lo > 255)
		return NULL;
	s += used;
	*hi = *lo;
	if (s == end || *s != ':')
		return s;
	s++;
	if (!value_u64_prefix(s, (size_t)(end - s), hi, &used) || *hi > 255)
		return NULL;
	return s + used;
}

static bool parse_type(struct ext_parse *p, struct arg *out)
{
	const struct word *w = p->word;
	const char *end = w->s + w->len, *s;
	uint64_t type, last, lo = 0, hi = 255;

	if (!w->len || !strchr("0123456789+ \t", w->s[0]))
		return by_name(p, out, p->family == FAMILY_IPV6 ? names6 : names4);
	s = number_range(w->s, end, &type, &last);
	if (!s || type != last || (s < end && *s != '/'))
		return ext_value_error(p, "'%.*s' is not an ICMP type", (int)w->len, w->s);
	if (s < end && number_range(s + 1, end, &lo, &hi) != end)
		return ext_value_error(p, "'%.*s' is not an ICMP code", (int)(end - s - 1), s + 1);
	out->num.lo = type << 8 | lo;
	out->num.hi = type << 8 | hi;
	return true;
}

static void lower(struct lower *l, const struct ext_use *u)
{
	bool v6 = lower_v6(l);
	struct operand type = operand_of(v6 ? FIELD_ICMPV6_TYPE : FIELD_ICMP_TYPE);
	struct operand code = operand_of(v6 ? FIELD_ICMPV6_CODE : FIELD_ICMP_CODE);
	const struct arg *a = use_arg(u, TYPE);
	uint64_t t, lo, hi;

	lower_need_header(l, v6 ? IPPROTO_ICMPV6 : IPPROTO_ICMP, ICMP_HEADER, false);
	if (!a)
		return;
	l->at = a->at;
	t = a->num.lo >> 8;
	lo = a->num.lo & 0xff;
	hi = a->num.hi & 0xff;
	if (!v6 && t == ICMP_ANY) {
		if (a->invert)
			lower_never(l);
		return;
	}
	if (hi == 255 && !lo) {
		lower_eq(l, type, t, a->invert);
	} else if (!a->invert) {
		lower_eq(l, type, t, false);
		lower_range(l, code, lo, hi, false);
	} else {
		lower_fork(l, 2);
		lower_branch(l, 0);
		lower_eq(l, type, t, true);
		lower_branch(l, 1);
		lower_eq(l, type, t, false);
		lower_range(l, code, lo, hi, true);
		lower_branch(l, -1);
	}
}

static const struct ext_option options4[] = {
	{ .name = "icmp-type", .id = TYPE, .type = ARG_CUSTOM, .flags = OPT_INVERT | OPT_REQUIRED,
	  .parse = parse_type, .metavar = "type[/code]", .help = "ICMP type, by number or name" },
	{ .name = NULL },
};

static const struct ext_option options6[] = {
	{ .name = "icmpv6-type", .id = TYPE, .type = ARG_CUSTOM, .flags = OPT_INVERT | OPT_REQUIRED,
	  .parse = parse_type, .metavar = "type[/code]", .help = "ICMPv6 type, by number or name" },
	{ .name = NULL },
};

const struct ext match_icmp = {
	.name = "icmp",
	.kind = EXT_MATCH,
	.families = FAMILY_IPV4,
	.protos = { IPPROTO_ICMP },
	.options = options4,
	.lower = lower,
	.help = "ICMP type and code",
};

static const char *const icmp6_aliases[] = { "icmpv6", "ipv6-icmp", NULL };

const struct ext match_icmp6 = {
	.name = "icmp6",
	.aliases = icmp6_aliases,
	.kind = EXT_MATCH,
	.families = FAMILY_IPV6,
	.protos = { IPPROTO_ICMPV6 },
	.options = options6,
	.lower = lower,
	.help = "ICMPv6 type and code",
};
