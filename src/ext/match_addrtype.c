/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * addrtype: net/netfilter/xt_addrtype.c, addrtype_mt_v1().
 *
 * IPv4: the routing type of the address is one of those given; inet_dev_addr_type() is what nft's
 * fib expression asks too. IPv6 is another thing: MULTICAST, UNICAST and UNSPEC are properties of
 * the address alone and all that are given must hold; LOCAL, ANYCAST and UNREACHABLE come from a
 * route lookup, and one of them must hold.
 */
#include "lower.h"

#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/xt_addrtype.h>
#include <linux/rtnetlink.h>
#include <string.h>

enum { SRC, DST, LIMIT_IN, LIMIT_OUT };

#define ROUTE_TYPES6 (XT_ADDRTYPE_LOCAL | XT_ADDRTYPE_ANYCAST)

static const struct ext_word types[] = {
	{ "UNSPEC", XT_ADDRTYPE_UNSPEC },       { "UNICAST", XT_ADDRTYPE_UNICAST },
	{ "LOCAL", XT_ADDRTYPE_LOCAL },         { "BROADCAST", XT_ADDRTYPE_BROADCAST },
	{ "ANYCAST", XT_ADDRTYPE_ANYCAST },     { "MULTICAST", XT_ADDRTYPE_MULTICAST },
	{ "BLACKHOLE", XT_ADDRTYPE_BLACKHOLE }, { "UNREACHABLE", XT_ADDRTYPE_UNREACHABLE },
	{ "PROHIBIT", XT_ADDRTYPE_PROHIBIT },   { "THROW", XT_ADDRTYPE_THROW },
	{ "NAT", XT_ADDRTYPE_NAT },             { "XRESOLVE", XT_ADDRTYPE_XRESOLVE },
	{ NULL, 0 },
};

static bool parse_types(struct ext_parse *p, struct arg *out)
{
	const char *s = p->word->s, *end = s + p->word->len;

	out->mark.value = 0;
	while (s <= end) {
		const char *comma = memchr(s, ',', (size_t)(end - s));
		size_t n = (size_t)((comma ? comma : end) - s);
		const struct ext_word *t = types;

		while (t->name && (!n || n > strlen(t->name) || strncasecmp(t->name, s, n)))
			t++; /* any beginning of a name, as in libxt_addrtype */
		if (!t->name)
			return ext_value_error(p, "'%.*s' is not an address type", (int)n, s);
		out->mark.value |= (uint32_t)t->value;
		s += n + 1;
	}
	return true;
}

static const struct ext_option options[] = {
	{ .name = "src-type", .id = SRC, .type = ARG_CUSTOM, .flags = OPT_INVERT, .parse = parse_types,
	  .metavar = "type[,type…]", .help = "type of the source address", .support = PARTLY,
	  .note = "UNREACHABLE is refused for IPv6" },
	{ .name = "dst-type", .id = DST, .type = ARG_CUSTOM, .flags = OPT_INVERT, .parse = parse_types,
	  .metavar = "type[,type…]", .help = "type of the destination address", .support = PARTLY,
	  .note = "UNREACHABLE is refused for IPv6" },
	{ .name = "limit-iface-in", .id = LIMIT_IN, .type = ARG_NONE, .excl = 1u << LIMIT_OUT,
	  .help = "only addresses of the input interface" },
	{ .name = "limit-iface-out", .id = LIMIT_OUT, .type = ARG_NONE, .excl = 1u << LIMIT_IN,
	  .help = "only addresses of the output interface" },
	{ .name = NULL },
};

/* addrtype_mt_checkentry_v1() */
static bool check(struct ruleset *rs, const struct rule *r, struct ext_use *u)
{
	uint32_t all = 0;

	(void)r;
	if (!use_arg(u, SRC) && !use_arg(u, DST)) {
		diag_error(rs->diags, u->at, "match 'addrtype' needs --src-type or --dst-type");
		return false;
	}
	for (unsigned i = 0; i < u->nargs; i++)
		if (u->args[i].id == SRC || u->args[i].id == DST)
			all |= u->args[i].mark.value;
	if (rs->family == FAMILY_IPV6 &&
	    (all & (XT_ADDRTYPE_BLACKHOLE | XT_ADDRTYPE_BROADCAST) || all >= XT_ADDRTYPE_PROHIBIT)) {
		diag_error(rs->diags, u->at,
			   "addrtype: IPv6 has no BLACKHOLE, BROADCAST, PROHIBIT, THROW, NAT or XRESOLVE here");
		return false;
	}
	return true;
}

/* The kernel refuses an interface that the hook does not have. */
static unsigned use_hooks(const struct ext_use *u)
{
	if (use_arg(u, LIMIT_IN))
		return IN_HOOK(PREROUTING) | IN_HOOK(INPUT) | IN_HOOK(FORWARD);
	if (use_arg(u, LIMIT_OUT))
		return IN_HOOK(FORWARD) | IN_HOOK(OUTPUT) | IN_HOOK(POSTROUTING);
	return 0;
}

static void lower_fib(struct lower *l, bool dst, uint8_t limit, uint32_t mask, bool negate)
{
	struct operand o = operand_of(FIELD_FIB_TYPE);
	struct arg_range r[RTN_MAX + 1];
	uint32_t n = 0;

	o.fib.flags = (uint8_t)((dst ? NFTA_FIB_F_DADDR : NFTA_FIB_F_SADDR) | limit);
	for (uint32_t t = 0; t <= RTN_MAX; t++)
		if (mask & 1u << t)
			r[n++] = (struct arg_range){ t, t };
	lower_in(l, o, r, n, negate);
}

/* Addresses that ipv6_addr_type() does not call unicast: ::, ::ffff:0:0/96 and ff00::/8. */
static void lower_unicast6(struct lower *l, struct operand addr, bool negate)
{
	struct value_range *v = arena_array(l->arena, 3, sizeof(*v));
	struct inst *i = lower_emit(l, INST_TEST);

	v[1].lo.b[10] = v[1].lo.b[11] = 0xff;
	v[1].hi = v[1].lo;
	memset(v[1].hi.b + 12, 0xff, 4);
	v[2].lo.b[0] = 0xff;
	memset(v[2].hi.b, 0xff, 16);
	i->test.lhs = addr;
	i->test.op = negate ? TEST_IN : TEST_NOTIN;
	i->test.ranges = v;
	i->test.n = 3;
}

enum property { IS_MULTICAST, IS_UNICAST, IS_UNSPEC, HAS_ROUTE, PROPERTIES };

static void lower_property(struct lower *l, const struct arg *a, enum property p, uint8_t limit, bool negate)
{
	struct operand addr = operand_of(a->id == DST ? FIELD_IP6_DADDR : FIELD_IP6_SADDR);
	static const uint8_t zero[16];
	uint8_t multicast[16] = { 0xff };

	switch (p) {
	case IS_MULTICAST: lower_masked_bytes(l, addr, multicast, multicast, negate); break;
	case IS_UNICAST: lower_unicast6(l, addr, negate); break;
	case IS_UNSPEC: lower_value(l, addr, zero, negate); break;
	case HAS_ROUTE: lower_fib(l, a->id == DST, limit, a->mark.value & ROUTE_TYPES6, negate); break;
	case PROPERTIES: break;
	}
}

/* match_type6(): all of the address's properties, and one of the route's. Negated: the first that does not hold. */
static void lower6(struct lower *l, const struct ext_use *u, const struct arg *a, uint8_t limit)
{
	static const uint32_t types6[PROPERTIES] = { XT_ADDRTYPE_MULTICAST, XT_ADDRTYPE_UNICAST,
						     XT_ADDRTYPE_UNSPEC, ROUTE_TYPES6 };
	enum property given[PROPERTIES];
	unsigned n = 0;

	if (a->mark.value & XT_ADDRTYPE_UNREACHABLE) {
		lower_refuse(l, u, a->at, NULL,
			     "addrtype UNREACHABLE asks IPv6 routing in a way that nftables has no form for");
		return;
	}
	for (unsigned p = 0; p < PROPERTIES; p++)
		if (a->mark.value & types6[p])
			given[n++] = (enum property)p;
	if (!a->invert) {
		for (unsigned i = 0; i < n; i++)
			lower_property(l, a, given[i], limit, false);
		return;
	}
	if (n > 1)
		lower_fork(l, n);
	for (unsigned i = 0; i < n; i++) {
		lower_branch(l, n > 1 ? (int)i : -1);
		for (unsigned k = 0; k < i; k++)
			lower_property(l, a, given[k], limit, false);
		lower_property(l, a, given[i], limit, true);
	}
	lower_branch(l, -1);
}

static void lower(struct lower *l, const struct ext_use *u)
{
	uint8_t limit = use_arg(u, LIMIT_IN) ? NFTA_FIB_F_IIF : use_arg(u, LIMIT_OUT) ? NFTA_FIB_F_OIF : 0;

	for (unsigned i = 0; i < u->nargs; i++) {
		const struct arg *a = &u->args[i];

		if (a->id != SRC && a->id != DST)
			continue;
		l->at = a->at;
		if (lower_v6(l))
			lower6(l, u, a, limit);
		else
			lower_fib(l, a->id == DST, limit, a->mark.value, a->invert);
	}
}

const struct ext match_addrtype = {
	.name = "addrtype",
	.kind = EXT_MATCH,
	.families = FAMILY_BOTH,
	.options = options,
	.check = check,
	.use_hooks = use_hooks,
	.lower = lower,
	.help = "routing type of an address",
};
