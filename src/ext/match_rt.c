/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * rt: net/ipv6/netfilter/ip6t_rt.c, rt_mt6(). The first routing header; without one the match is
 * false, whatever is inverted.
 *
 * Both sides find the header with ipv6_find_hdr(). Where its walk runs out of the packet, xtables
 * drops it (lower_need_exthdr()).
 *
 * Not kept: a routing header whose length field reaches beyond the packet is dropped by xtables.
 */
#include "lower.h"
#include "blob.h"
#include "exthdr.h"
#include "value.h"

#include <string.h>
#include <linux/netfilter_ipv6/ip6t_rt.h>

enum { TYPE, SEGSLEFT, LEN, RESERVED, ADDRS, NOT_STRICT };

struct hops {
	uint8_t n;
	struct in6_addr addrs[IP6T_RT_HOPS];
};

static bool parse_addrs(struct ext_parse *p, struct arg *out)
{
	struct hops *h = ARENA_NEW(p->rs->arena, struct hops);
	const char *s = p->word->s, *end = s + p->word->len;

	while (s <= end) {
		const char *comma = memchr(s, ',', (size_t)(end - s));
		size_t n = (size_t)((comma ? comma : end) - s);

		if (h->n == IP6T_RT_HOPS)
			return ext_value_error(p, "more than %d addresses", IP6T_RT_HOPS);
		if (!value_ipv6(s, n, &h->addrs[h->n++]))
			return ext_value_error(p, "'%.*s' is not an IPv6 address", (int)n, s);
		s += n + 1;
	}
	out->custom = h;
	out->custom_len = sizeof(*h);
	return true;
}

static const struct ext_option options[] = {
	{ .name = "rt-type", .id = TYPE, .type = ARG_U32, .flags = OPT_INVERT, .metavar = "number",
	  .help = "type of the routing header" },
	{ .name = "rt-segsleft", .id = SEGSLEFT, .type = ARG_U32_RANGE, .flags = OPT_INVERT,
	  .metavar = "number[:number]", .help = "segments left" },
	{ .name = "rt-len", .id = LEN, .type = ARG_U32, .flags = OPT_INVERT, .metavar = "bytes",
	  .help = "length of the routing header" },
	{ .name = "rt-0-res", .id = RESERVED, .type = ARG_NONE, .also = 1u << TYPE,
	  .help = "the reserved field is zero (type 0)" },
	{ .name = "rt-0-addrs", .id = ADDRS, .type = ARG_CUSTOM, .also = 1u << TYPE,
	  .parse = parse_addrs,
	  .metavar = "address[,address…]", .help = "the addresses are these (type 0)",
	  .support = PARTLY,
	  .note = "nft's text has names for two addresses; --apply can compare more" },
	{ .name = "rt-0-not-strict", .id = NOT_STRICT, .type = ARG_NONE, .also = 1u << ADDRS,
	  .help = "the addresses are among those of the header, in this order", .support = COMPAT,
	  .note = "nftables can't search a list of addresses" },
	{ .name = NULL },
};

/* libip6t_rt wants the options in this order. */
static bool check(struct ruleset *rs, const struct rule *r, struct ext_use *u)
{
	const struct arg *type = NULL;
	bool addrs = false;

	(void)r;
	for (unsigned i = 0; i < u->nargs; i++) {
		const struct arg *a = &u->args[i];

		if (a->id == TYPE)
			type = a;
		if ((a->id == RESERVED || a->id == ADDRS) &&
		    (!type || type->num.lo || type->invert)) {
			diag_error(rs->diags, a->at,
				   "--rt-type 0 has to be given before this option");
			return false;
		}
		if (a->id == NOT_STRICT && !addrs) {
			diag_error(rs->diags, a->at,
				   "--rt-0-addrs has to be given before this option");
			return false;
		}
		addrs |= a->id == ADDRS;
	}
	return true;
}

static struct operand header(unsigned off, unsigned bits)
{
	return exthdr(IPPROTO_ROUTING, off, bits);
}

static void test(struct lower *l, const struct arg *a)
{
	const struct hops *h;

	l->at = a->at;
	switch (a->id) {
	case TYPE: lower_byte(l, header(16, 8), a->num.lo, a->num.lo, a->invert); break;
	case SEGSLEFT: lower_byte(l, header(24, 8), a->num.lo, a->num.hi, a->invert); break;
	case LEN: lower_optlen(l, IPPROTO_ROUTING, a->num.lo, a->invert); break;
	case RESERVED: /* in the parts that nft has names for */
		lower_eq(l, header(32, 8), 0, false);
		lower_eq(l, header(40, 8), 0, false);
		lower_eq(l, header(48, 16), 0, false);
		break;
	case ADDRS: /* as many as the header has: (hdrlen - 8) / 16 */
		h = a->custom;
		lower_range(l, header(8, 8), h->n * 2u, h->n * 2u + 1, false);
		for (unsigned i = 0; i < h->n; i++)
			lower_value(l, exthdr_address(IPPROTO_ROUTING, 64 + i * 128), &h->addrs[i], false);
		break;
	}
}

static void lower(struct lower *l, const struct ext_use *u)
{
	const struct arg *loose = use_arg(u, NOT_STRICT);

	if (loose) {
		lower_refuse(l, u, loose->at, NULL,
			     "--rt-0-not-strict: nftables can't search a list of addresses");
		return;
	}
	lower_need_exthdr(l, IPPROTO_ROUTING);
	if (!u->nargs)
		lower_exists(l, header(0, 0), false);
	for (unsigned i = 0; i < u->nargs; i++)
		test(l, &u->args[i]);
}

static bool compat(struct lower *l, const struct ext_use *u, struct compat_blob *blob)
{
	struct ip6t_rt *info = blob_new(l, blob, "rt", 0, sizeof(*info));

	info->segsleft[1] = UINT32_MAX;
	for (unsigned i = 0; i < u->nargs; i++) {
		const struct arg *a = &u->args[i];
		const struct hops *h = a->custom;

		switch (a->id) {
		case TYPE:
			info->rt_type = (uint32_t)a->num.lo;
			info->flags |= IP6T_RT_TYP;
			info->invflags |= a->invert ? IP6T_RT_INV_TYP : 0;
			break;
		case SEGSLEFT:
			info->segsleft[0] = (uint32_t)a->num.lo;
			info->segsleft[1] = (uint32_t)a->num.hi;
			info->flags |= IP6T_RT_SGS;
			info->invflags |= a->invert ? IP6T_RT_INV_SGS : 0;
			break;
		case LEN:
			info->hdrlen = (uint32_t)a->num.lo;
			info->flags |= IP6T_RT_LEN;
			info->invflags |= a->invert ? IP6T_RT_INV_LEN : 0;
			break;
		case RESERVED: info->flags |= IP6T_RT_RES; break;
		case ADDRS:
			info->flags |= IP6T_RT_FST;
			info->addrnr = h->n;
			memcpy(info->addrs, h->addrs, h->n * sizeof(*h->addrs));
			break;
		case NOT_STRICT: info->flags |= IP6T_RT_FST_NSTRICT; break;
		}
	}
	return true;
}

const struct ext match_rt = {
	.name = "rt",
	.kind = EXT_MATCH,
	.families = FAMILY_IPV6,
	.options = options,
	.check = check,
	.lower = lower,
	.compat = compat,
	.help = "IPv6 routing header",
	.nullary = true,
};
