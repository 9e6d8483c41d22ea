/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ipv6header: net/ipv6/netfilter/ip6t_ipv6header.c, ipv6header_mt6().
 *
 * The walk notes which headers there are and how they end: in ESP, in nothing (NONE), or in a
 * protocol.
 * --soft asks whether all of the given ones are there (inverted: none of them); without it they
 * have to be all there are. A chain of headers that breaks matches nothing.
 *
 * nft's walk stops at AH and calls it the transport protocol. What a packet with AH ends in is
 * asked for as an extension header, for which nft's text has no word.
 *
 * Not kept: where nft's walk ends, ip6tables goes on with what it has read: in the data of later
 * fragments, if an extension header is to follow there, and behind the end of the packet. Such
 * packets are dropped.
 */
#include "lower.h"
#include "blob.h"
#include "exthdr.h"

#include <netdb.h>
#include <string.h>
#include <linux/netfilter_ipv6/ip6t_ipv6header.h>

enum { HEADER, SOFT };

#define MASK_ENDS (MASK_ESP | MASK_NONE | MASK_PROTO)

static const struct {
	const char *name;
	uint8_t proto, mask;
} names[] = {
	{ "hop-by-hop", IPPROTO_HOPOPTS, MASK_HOPOPTS },
	{ "hop", IPPROTO_HOPOPTS, MASK_HOPOPTS },
	{ "0", IPPROTO_HOPOPTS, MASK_HOPOPTS },
	{ "dst", IPPROTO_DSTOPTS, MASK_DSTOPTS },
	{ "ipv6-opts", IPPROTO_DSTOPTS, MASK_DSTOPTS },
	{ "60", IPPROTO_DSTOPTS, MASK_DSTOPTS },
	{ "route", IPPROTO_ROUTING, MASK_ROUTING },
	{ "ipv6-route", IPPROTO_ROUTING, MASK_ROUTING },
	{ "43", IPPROTO_ROUTING, MASK_ROUTING },
	{ "frag", IPPROTO_FRAGMENT, MASK_FRAGMENT },
	{ "ipv6-frag", IPPROTO_FRAGMENT, MASK_FRAGMENT },
	{ "44", IPPROTO_FRAGMENT, MASK_FRAGMENT },
	{ "auth", IPPROTO_AH, MASK_AH },
	{ "ah", IPPROTO_AH, MASK_AH },
	{ "51", IPPROTO_AH, MASK_AH },
	{ "esp", IPPROTO_ESP, MASK_ESP },
	{ "50", IPPROTO_ESP, MASK_ESP },
	{ "none", IPPROTO_NONE, MASK_NONE },
	{ "ipv6-nonxt", IPPROTO_NONE, MASK_NONE },
	{ "59", IPPROTO_NONE, MASK_NONE },
	{ "prot", IPPROTO_RAW, MASK_PROTO },
	{ "protocol", IPPROTO_RAW, MASK_PROTO },
	{ "255", IPPROTO_RAW, MASK_PROTO },
};

#define NAMES (sizeof(names) / sizeof(*names))

/* libip6t_ipv6header asks the protocols database first. */
static uint32_t header_mask(struct ext_parse *p, const char *s, size_t len)
{
	char buf[4096], *name = arena_strndup(p->rs->arena, s, len);
	struct protoent entry, *found = NULL;

	if (!getprotobyname_r(name, &entry, buf, sizeof(buf), &found) && found) {
		for (size_t i = 0; i < NAMES; i++)
			if (names[i].proto == found->p_proto)
				return names[i].mask;
		return 0;
	}
	for (size_t i = 0; i < NAMES; i++)
		if (!strcmp(names[i].name, name))
			return names[i].mask;
	return 0;
}

static bool parse_headers(struct ext_parse *p, struct arg *out)
{
	const char *s = p->word->s, *end = s + p->word->len;

	out->mark.value = 0;
	while (s < end) {
		const char *comma = memchr(s, ',', (size_t)(end - s));
		size_t n = (size_t)((comma ? comma : end) - s);
		uint32_t mask = n ? header_mask(p, s, n) : 0;

		if (n && !mask)
			return ext_value_error(p, "unknown header '%.*s'", (int)n, s);
		out->mark.value |= mask;
		s += n + 1;
	}
	return out->mark.value || ext_value_error(p, "no header is named");
}

static const struct ext_option options[] = {
	{ .name = "header", .id = HEADER, .type = ARG_CUSTOM, .flags = OPT_INVERT | OPT_REQUIRED,
	  .parse = parse_headers, .metavar = "header[,header…]",
	  .help = "hop, dst, route, frag, auth, esp, none, prot", .support = PARTLY,
	  .note = "nft's text has no word for what comes behind AH: with --soft esp, none and "
		  "prot, without it auth" },
	{ .name = "soft", .id = SOFT, .type = ARG_NONE, .help = "among others" },
	{ .name = NULL },
};

enum ah { AH_UNKNOWN, AH_MISSING, AH_THERE };

/*
 * In later fragments, which the walk to a certain header does not enter, it is what nft takes for
 * the transport protocol.
 */
static void ends_in(struct lower *l, uint8_t proto, enum ah ah, bool missing)
{
	struct operand l4 = operand_of(FIELD_META_L4PROTO);

	if (ah == AH_MISSING || (ah == AH_UNKNOWN && missing))
		lower_eq(l, l4, proto, missing);
	if (ah == AH_MISSING)
		return;
	if (ah == AH_UNKNOWN && !missing) {
		lower_fork(l, 2);
		lower_branch(l, 0);
		lower_exists(l, exthdr(proto, 0, 0), true);
		lower_eq(l, l4, proto, false);
		lower_branch(l, 1);
	}
	lower_exists(l, exthdr(proto, 0, 0), missing);
	if (ah == AH_UNKNOWN)
		lower_branch(l, -1);
}

/* One test: whether a header is there. @ah: what is known of AH. */
static void has(struct lower *l, uint32_t mask, enum ah ah, bool missing)
{
	static const struct arg_range ends[] = { { IPPROTO_ESP, IPPROTO_ESP },
						 { IPPROTO_NONE, IPPROTO_NONE } };
	struct operand l4 = operand_of(FIELD_META_L4PROTO);

	switch (mask) {
	case MASK_HOPOPTS: lower_exists(l, exthdr(IPPROTO_HOPOPTS, 0, 0), missing); break;
	case MASK_ROUTING: lower_exists(l, exthdr(IPPROTO_ROUTING, 0, 0), missing); break;
	case MASK_FRAGMENT: lower_exists(l, exthdr(IPPROTO_FRAGMENT, 0, 0), missing); break;
	case MASK_DSTOPTS: lower_exists(l, exthdr(IPPROTO_DSTOPTS, 0, 0), missing); break;
	case MASK_AH:
		if (l->for_explain) /* whose walk goes through AH, as ip6_packet_match() does */
			lower_exists(l, exthdr(IPPROTO_AH, 0, 0), missing);
		else
			lower_eq(l, l4, IPPROTO_AH, missing);
		break;
	case MASK_ESP: ends_in(l, IPPROTO_ESP, ah, missing); break;
	case MASK_NONE: ends_in(l, IPPROTO_NONE, ah, missing); break;
	case MASK_PROTO:
		if (ah == AH_MISSING) {
			lower_in(l, l4, ends, 2, !missing);
			break;
		}
		lower_exists(l, exthdr(IPPROTO_ESP, 0, 0), true);
		lower_exists(l, exthdr(IPPROTO_NONE, 0, 0), true);
		if (ah == AH_UNKNOWN)
			lower_in(l, l4, ends, 2, true); /* of a later fragment */
		break;
	}
}

/* All of the headers, or none; the chain of headers is whole. */
static void soft(struct lower *l, uint32_t mask, bool invert)
{
	lower_cmp(l, operand_of(FIELD_META_L4PROTO), TEST_GE, 0);
	for (uint32_t bit = 1; bit < 0x100; bit <<= 1)
		if (mask & bit)
			has(l, bit, AH_UNKNOWN, invert);
}

/* The tests of exactly these headers, in order; the n-th of them negated when asked for. */
static void exactly(struct lower *l, uint32_t mask, int negated)
{
	static const uint32_t order[] = { MASK_AH, MASK_HOPOPTS, MASK_DSTOPTS, MASK_ROUTING,
					  MASK_FRAGMENT };

	for (int i = 0; i < 5 && (negated < 0 || i <= negated); i++)
		has(l, order[i], AH_UNKNOWN, !(mask & order[i]) != (i == negated));
	if (negated < 0 || negated == 5)
		has(l, mask & MASK_ENDS, mask & MASK_AH ? AH_THERE : AH_MISSING, negated == 5);
}

static void lower(struct lower *l, const struct ext_use *u)
{
	const struct arg *a = use_arg(u, HEADER);
	uint32_t mask = a->mark.value, ends = mask & MASK_ENDS;

	l->at = a->at;
	if (!l->for_explain)
		lower_need_exthdr(l, NEED_WALK);
	if (use_arg(u, SOFT)) {
		if (mask & MASK_PROTO && a->invert) {
			lower_refuse(l, u, a->at, NULL,
				     "! --header prot --soft: nftables can't ask for ESP or "
				     "no next header at once");
			return;
		}
		soft(l, mask, a->invert);
		return;
	}
	if (!ends || ends & (ends - 1)) { /* no packet has exactly these: it ends in one of them */
		if (a->invert)
			lower_cmp(l, operand_of(FIELD_META_L4PROTO), TEST_GE, 0);
		else
			lower_never(l);
		return;
	}
	if (!a->invert) {
		exactly(l, mask, -1);
		return;
	}
	if (mask & MASK_AH && ends == MASK_PROTO) {
		lower_refuse(l, u, a->at, NULL,
			     "! --header auth,prot: nftables can't ask for ESP or no next "
			     "header at once");
		return;
	}
	lower_fork(l, 6);
	for (int i = 0; i < 6; i++) {
		lower_branch(l, i);
		exactly(l, mask, i);
	}
	lower_branch(l, -1);
}

static bool compat(struct lower *l, const struct ext_use *u, struct compat_blob *blob)
{
	struct ip6t_ipv6header_info *info = blob_new(l, blob, "ipv6header", 0, sizeof(*info));
	const struct arg *a = use_arg(u, HEADER);

	info->matchflags = (uint8_t)a->mark.value;
	info->invflags = a->invert ? 0xff : 0;
	info->modeflag = use_arg(u, SOFT) ? 0xff : 0;
	return true;
}

const struct ext match_ipv6header = {
	.name = "ipv6header",
	.kind = EXT_MATCH,
	.families = FAMILY_IPV6,
	.options = options,
	.lower = lower,
	.compat = compat,
	.help = "which IPv6 extension headers there are",
};
