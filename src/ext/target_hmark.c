/* SPDX-License-Identifier: GPL-2.0-or-later */
/* HMARK: net/netfilter/xt_HMARK.c: mark = jhash of the masked tuple, in an order of its own, modulo. nft's jhash
 * puts the values together otherwise, so that other marks would come out. */
#include "lower.h"

#include <arpa/inet.h>
#include <string.h>
#include <strings.h>
#include <linux/netfilter/xt_HMARK.h>
#include "blob.h"
#include "hmark_eval.h"
#include "value.h"

enum { TUPLE, SADDR_MASK, DADDR_MASK, SPORT_MASK, DPORT_MASK, SPI_MASK, SPORT, DPORT, SPI, PROTO_MASK, RND, MODULUS, OFFSET };

#define BIT(id) (1u << (id))
#define REASON  "nftables' hash gives other marks"

/* What --hmark-tuple names, as bits of enum xt_hmark flags. */
static bool parse_tuple(struct ext_parse *p, struct arg *out)
{
	static const struct ext_word words[] = {
		{ "ct", XT_HMARK_CT },			{ "src", XT_HMARK_SADDR_MASK },
		{ "dst", XT_HMARK_DADDR_MASK },		{ "sport", XT_HMARK_SPORT_MASK },
		{ "dport", XT_HMARK_DPORT_MASK },	{ "proto", XT_HMARK_PROTO_MASK },
		{ "spi", XT_HMARK_SPI_MASK },		{ NULL, 0 },
	};
	const char *s = p->word->s, *end = s + p->word->len;

	out->num.lo = 0;
	for (;;) {
		const char *comma = memchr(s, ',', (size_t)(end - s));
		size_t n = (size_t)((comma ? comma : end) - s);
		const struct ext_word *w = words;

		while (w->name && (!n || strncasecmp(w->name, s, n) || strlen(w->name) < n))
			w++;
		if (!w->name)
			return ext_value_error(p, "'%.*s' is none of ct, src, dst, sport, dport, proto and spi",
					       (int)n, s);
		out->num.lo |= 1u << w->value;
		if (!comma)
			break;
		s = comma + 1;
	}
	out->num.hi = out->num.lo;
	return true;
}

static bool parse_prefix(struct ext_parse *p, struct arg *out)
{
	struct addr *mask = ARENA_NEW(p->rs->arena, struct addr);
	int bits = value_prefix(p->word->s, p->word->len, p->family);

	if (bits < 0)
		return ext_value_error(p, "'%.*s' is not the length of a prefix", (int)p->word->len,
				       p->word->s);
	prefix_fill(mask, (unsigned)bits, p->family);
	out->custom = mask;
	out->custom_len = sizeof(*mask);
	return true;
}

#define OPTION(text, i, t, meta, what)                                                             \
	{ .name = "hmark-" text, .id = i, .type = t, .metavar = meta, .help = what,                \
	  .support = COMPAT, .note = REASON }

static const struct ext_option options[] = {
	{ .name = "hmark-tuple", .id = TUPLE, .type = ARG_CUSTOM, .parse = parse_tuple, .metavar = "part,…",
	  .help = "what is hashed: ct, src, dst, sport, dport, proto, spi", .support = COMPAT, .note = REASON },
	{ .name = "hmark-src-prefix", .id = SADDR_MASK, .type = ARG_CUSTOM, .parse = parse_prefix,
	  .metavar = "length", .help = "mask of the source", .support = COMPAT, .note = REASON },
	{ .name = "hmark-dst-prefix", .id = DADDR_MASK, .type = ARG_CUSTOM, .parse = parse_prefix,
	  .metavar = "length", .help = "mask of the destination", .support = COMPAT, .note = REASON },
	OPTION("sport-mask", SPORT_MASK, ARG_U16, "mask", "mask of the source port"),
	OPTION("dport-mask", DPORT_MASK, ARG_U16, "mask", "mask of the destination port"),
	OPTION("spi-mask", SPI_MASK, ARG_U32, "mask", "mask of the SPI"),
	OPTION("sport", SPORT, ARG_U16, "port", "fixed bits of the source port"),
	OPTION("dport", DPORT, ARG_U16, "port", "fixed bits of the destination port"),
	OPTION("spi", SPI, ARG_U32, "spi", "fixed bits of the SPI"),
	OPTION("proto-mask", PROTO_MASK, ARG_U16, "mask", "mask of the protocol"),
	OPTION("rnd", RND, ARG_U32, "seed", "seed of the hash"),
	{ .name = "hmark-mod", .id = MODULUS, .type = ARG_U32, .flags = OPT_REQUIRED, .min = 1, .max = UINT32_MAX,
	  .metavar = "n", .help = "number of marks", .support = COMPAT, .note = REASON },
	OPTION("offset", OFFSET, ARG_U32, "mark", "first mark"),
	{ .name = NULL },
};

/* The kernel's flags: options in the order of enum, then what the tuple names. */
static uint32_t flags(const struct ext_use *u)
{
	static const uint8_t bit_of[] = {
		[SADDR_MASK] = XT_HMARK_SADDR_MASK, [DADDR_MASK] = XT_HMARK_DADDR_MASK,
		[SPORT_MASK] = XT_HMARK_SPORT_MASK, [DPORT_MASK] = XT_HMARK_DPORT_MASK,
		[SPI_MASK] = XT_HMARK_SPI_MASK,     [SPORT] = XT_HMARK_SPORT,
		[DPORT] = XT_HMARK_DPORT,	    [SPI] = XT_HMARK_SPI,
		[PROTO_MASK] = XT_HMARK_PROTO_MASK, [RND] = XT_HMARK_RND,
		[MODULUS] = XT_HMARK_MODULUS,       [OFFSET] = XT_HMARK_OFFSET,
	};
	uint32_t f = 0;

	for (unsigned i = 0; i < u->nargs; i++)
		f |= u->args[i].id == TUPLE ? (uint32_t)u->args[i].num.lo : 1u << bit_of[u->args[i].id];
	return f;
}

/* HMARK_check() and hmark_tg_check(). */
static bool check(struct ruleset *rs, const struct rule *r, struct ext_use *u)
{
	uint32_t f = flags(u), others = f & ~(BIT(XT_HMARK_RND) | BIT(XT_HMARK_MODULUS) | BIT(XT_HMARK_OFFSET));
	const char *problem = NULL;

	(void)r;
	if (!use_arg(u, RND))
		problem = "HMARK needs --hmark-rnd";
	else if (f & BIT(XT_HMARK_SPI_MASK) && f & (BIT(XT_HMARK_SPORT_MASK) | BIT(XT_HMARK_DPORT_MASK)))
		problem = "HMARK hashes an SPI or ports, not both";
	else if (!others)
		problem = "HMARK needs --hmark-tuple, or a mask";
	if (problem)
		diag_error(rs->diags, u->at, "%s", problem);
	return !problem;
}

/* What the tuple names, it takes whole: masks that came before are forgotten. */
static void put_tuple(uint32_t parts, struct xt_hmark_info *info)
{
	if (parts & BIT(XT_HMARK_SADDR_MASK))
		memset(&info->src_mask, 0xff, sizeof(info->src_mask));
	if (parts & BIT(XT_HMARK_DADDR_MASK))
		memset(&info->dst_mask, 0xff, sizeof(info->dst_mask));
	if (parts & BIT(XT_HMARK_SPORT_MASK))
		info->port_mask.p16.src = UINT16_MAX;
	if (parts & BIT(XT_HMARK_DPORT_MASK))
		info->port_mask.p16.dst = UINT16_MAX;
	if (parts & BIT(XT_HMARK_PROTO_MASK))
		info->proto_mask = UINT16_MAX;
	if (parts & BIT(XT_HMARK_SPI_MASK))
		info->port_mask.v32 = UINT32_MAX;
}

/* HMARK_parse(): in the order given, since an SPI and ports share their place. */
static void fill(const struct ext_use *u, struct xt_hmark_info *info)
{
	info->flags = flags(u);
	for (unsigned i = 0; i < u->nargs; i++) {
		const struct arg *a = &u->args[i];
		uint32_t n = (uint32_t)a->num.lo;

		switch (a->id) {
		case TUPLE: put_tuple(n, info); break;
		case SADDR_MASK: memcpy(&info->src_mask, a->custom, sizeof(info->src_mask)); break;
		case DADDR_MASK: memcpy(&info->dst_mask, a->custom, sizeof(info->dst_mask)); break;
		case SPORT_MASK: info->port_mask.p16.src = htons((uint16_t)n); break;
		case DPORT_MASK: info->port_mask.p16.dst = htons((uint16_t)n); break;
		case SPI_MASK: info->port_mask.v32 = htonl(n); break;
		case SPORT: info->port_set.p16.src = htons((uint16_t)n); break;
		case DPORT: info->port_set.p16.dst = htons((uint16_t)n); break;
		case SPI: info->port_set.v32 = htonl(n); break;
		case PROTO_MASK: info->proto_mask = (uint16_t)n; break;
		case RND: info->hashrnd = n; break;
		case MODULUS: info->hmodulus = n; break;
		case OFFSET: info->hoffset = n; break;
		}
	}
}

static bool compat(struct lower *l, const struct ext_use *u, struct compat_blob *blob)
{
	fill(u, blob_new(l, blob, "HMARK", 0, sizeof(struct xt_hmark_info)));
	return true;
}

static int eval(const struct ext_use *u, struct sim_packet *p)
{
	struct xt_hmark_info info = { .flags = 0 };

	fill(u, &info);
	hmark_eval(&info, p);
	return 0;
}

static void lower(struct lower *l, const struct ext_use *u)
{
	lower_refuse(l, u, u->at, eval, "HMARK has no native form: " REASON);
}

const struct ext target_hmark = {
	.name = "HMARK",
	.kind = EXT_TARGET,
	.families = FAMILY_BOTH,
	.options = options,
	.check = check,
	.lower = lower,
	.compat = compat,
	.help = "set the packet's mark to a hash of addresses and ports",
};
