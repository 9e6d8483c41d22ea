/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * hbh, dst: net/ipv6/netfilter/ip6t_hbh.c, hbh_mt6(). The first header of the kind.
 *
 * The options of a list are compared one after the other from the header's start, so that their
 * places are known as long as all but the last have a length. They have to be within the header,
 * but for the data of the last. Not kept: a header whose length field reaches beyond the packet is
 * dropped by ip6tables.
 */
#include "lower.h"
#include "blob.h"
#include "exthdr.h"
#include "value.h"

#include <string.h>
#include <linux/netfilter_ipv6/ip6t_opts.h>

enum { LEN, OPTS };

#define ANY_LENGTH 0xff
#define FIRST      2 /* bytes before the options */

struct opts {
	uint8_t n;
	uint16_t opts[IP6T_OPTS_OPTSNR]; /* type << 8 | length */
};

/* TYPE[:LEN]; numbers are cut to a byte. */
static bool one_option(struct ext_parse *p, struct opts *o, const char *s, size_t n)
{
	const char *colon = memchr(s, ':', n);
	size_t len = colon ? (size_t)(colon - s) : n;
	uint64_t type, length = ANY_LENGTH;

	if (!value_u64(s, len, 0, UINT64_MAX, &type) ||
	    (colon && !value_u64(colon + 1, n - len - 1, 0, UINT64_MAX, &length)))
		return ext_value_error(p, "'%.*s' is not TYPE[:LEN]", (int)n, s);
	if (o->n == IP6T_OPTS_OPTSNR || (colon && o->n == IP6T_OPTS_OPTSNR - 1))
		return ext_value_error(p, "more than %d options", IP6T_OPTS_OPTSNR);
	if (colon && !(type & 0xff))
		return ext_value_error(p, "option 0 (Pad1) has no length");
	o->opts[o->n++] = (uint16_t)((type & 0xff) << 8 | (length & 0xff));
	return true;
}

static bool parse_opts(struct ext_parse *p, struct arg *out)
{
	struct opts *o = ARENA_NEW(p->rs->arena, struct opts);
	const char *s = p->word->s, *end = s + p->word->len;

	while (s <= end) {
		const char *comma = memchr(s, ',', (size_t)(end - s));
		size_t n = (size_t)((comma ? comma : end) - s);

		if (!one_option(p, o, s, n))
			return false;
		s += n + 1;
	}
	out->custom = o;
	out->custom_len = sizeof(*o);
	return true;
}

#define OPTIONS(prefix)                                                                     \
	{ .name = prefix "-len", .id = LEN, .type = ARG_U32, .flags = OPT_INVERT,           \
	  .metavar = "bytes", .help = "length of the header" },                             \
	{ .name = prefix "-opts", .id = OPTS, .type = ARG_CUSTOM, .parse = parse_opts,      \
	  .metavar = "type[:length][,type[:length]…]", .help = "the first options",         \
	  .support = PARTLY,                                                                \
	  .note = "nft's text has no name for them, bytecode has; all but the last need a " \
		  "length" },                                                               \
	{ .name = NULL }

static const struct ext_option hbh_options[] = { OPTIONS("hbh") };
static const struct ext_option dst_options[] = { OPTIONS("dst") };

/* Bytes from the option's start to the next; 0: unknown. */
static unsigned option_size(uint16_t opt)
{
	if (!(opt >> 8))
		return 1;
	return (opt & 0xff) == ANY_LENGTH ? 0 : (opt & 0xffu) + 2;
}

static bool lower_opts(struct lower *l, uint8_t type, const struct opts *o)
{
	unsigned at = FIRST, need;

	for (unsigned i = 0; i + 1 < o->n; i++) {
		if (!option_size(o->opts[i]))
			return false;
		at += option_size(o->opts[i]);
	}
	need = at + (o->opts[o->n - 1] >> 8 ? 2 : 1);
	lower_byte(l, exthdr(type, 8, 8), (need + 7) / 8 - 1, UINT8_MAX, false);
	at = FIRST;
	for (unsigned i = 0; i < o->n; at += option_size(o->opts[i++])) {
		lower_eq(l, exthdr(type, at * 8, 8), o->opts[i] >> 8, false);
		if (o->opts[i] >> 8 && (o->opts[i] & 0xff) != ANY_LENGTH)
			lower_eq(l, exthdr(type, (at + 1) * 8, 8), o->opts[i] & 0xff, false);
	}
	return true;
}

static void lower_header_match(struct lower *l, const struct ext_use *u, uint8_t type)
{
	const struct arg *len = use_arg(u, LEN), *opts = use_arg(u, OPTS);

	lower_need_exthdr(l, type);
	if (len) {
		l->at = len->at;
		lower_optlen(l, type, len->num.lo, len->invert);
	}
	if (opts) {
		l->at = opts->at;
		if (!lower_opts(l, type, opts->custom))
			lower_refuse(l, u, opts->at, NULL,
				     "--%s-opts: behind an option without length nftables can't "
				     "find the next",
				     u->ext->name);
	}
	if (!len && !opts)
		lower_exists(l, exthdr(type, 0, 0), false);
}

static void lower_hbh(struct lower *l, const struct ext_use *u)
{
	lower_header_match(l, u, IPPROTO_HOPOPTS);
}

static void lower_dst(struct lower *l, const struct ext_use *u)
{
	lower_header_match(l, u, IPPROTO_DSTOPTS);
}

static bool compat(struct lower *l, const struct ext_use *u, struct compat_blob *blob)
{
	struct ip6t_opts *info = blob_new(l, blob, u->ext->name, 0, sizeof(*info));
	const struct arg *len = use_arg(u, LEN), *a = use_arg(u, OPTS);
	const struct opts *opts = a ? a->custom : NULL;

	if (len) {
		info->hdrlen = (uint32_t)len->num.lo;
		info->flags |= IP6T_OPTS_LEN;
		info->invflags |= len->invert ? IP6T_OPTS_INV_LEN : 0;
	}
	if (opts) {
		info->flags |= IP6T_OPTS_OPTS;
		info->optsnr = opts->n;
		memcpy(info->opts, opts->opts, sizeof(opts->opts));
	}
	return true;
}

const struct ext match_hbh = {
	.name = "hbh",
	.kind = EXT_MATCH,
	.families = FAMILY_IPV6,
	.options = hbh_options,
	.lower = lower_hbh,
	.compat = compat,
	.help = "IPv6 hop-by-hop options",
	.nullary = true,
};

const struct ext match_dst = {
	.name = "dst",
	.kind = EXT_MATCH,
	.families = FAMILY_IPV6,
	.options = dst_options,
	.lower = lower_dst,
	.compat = compat,
	.help = "IPv6 destination options",
	.nullary = true,
};
