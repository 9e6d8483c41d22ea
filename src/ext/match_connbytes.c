/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * connbytes: net/netfilter/xt_connbytes.c, connbytes_mt(), and nft_ct.c: both turn the accounting
 * of connections on when they are loaded. A packet without connection does not match, inverted or
 * not.
 *
 * Inverting swaps the bounds, and the kernel knows an inverted range by that: `! --connbytes 5:5`
 * means the same as `--connbytes 5:5`. Differs for connections that are older than accounting:
 * xtables does not match them, nftables sees 0.
 */
#include "lower.h"
#include "value.h"

#include <string.h>

enum { CONNBYTES, DIR, MODE };

static const struct ext_word dirs[] = {
	{ "original", DIR_ORIGINAL }, { "reply", DIR_REPLY }, { "both", DIR_NONE }, { NULL, 0 }
};
static const struct ext_word modes[] = { { "packets", FIELD_CT_PACKETS },
					 { "bytes", FIELD_CT_BYTES },
					 { "avgpkt", FIELD_CT_AVGPKT },
					 { NULL, 0 } };

/* A single number, or nothing, is a lower bound. */
static bool parse_range(struct ext_parse *p, struct arg *out)
{
	const char *s = p->word->s, *colon = memchr(s, ':', p->word->len);
	size_t n = colon ? (size_t)(colon - s) : p->word->len,
	       rest = colon ? p->word->len - n - 1 : 0;

	out->num.lo = 0;
	out->num.hi = UINT64_MAX;
	if ((n && !value_u64(s, n, 0, UINT64_MAX, &out->num.lo)) ||
	    (rest && !value_u64(colon + 1, rest, 0, UINT64_MAX, &out->num.hi)))
		return ext_value_error(p, "'%.*s' is not a range of numbers", (int)p->word->len, s);
	if (out->num.lo > out->num.hi)
		return ext_value_error(p, "'%.*s' ends before it begins", (int)p->word->len, s);
	return true;
}

static const struct ext_option options[] = {
	{ .name = "connbytes", .id = CONNBYTES, .type = ARG_CUSTOM, .parse = parse_range,
	  .flags = OPT_INVERT | OPT_REQUIRED, .metavar = "from[:to]",
	  .help = "what was counted is in this range" },
	{ .name = "connbytes-dir", .id = DIR, .type = ARG_ENUM, .words = dirs,
	  .flags = OPT_REQUIRED,
	  .metavar = "original|reply|both", .help = "packets of this direction" },
	{ .name = "connbytes-mode", .id = MODE, .type = ARG_ENUM, .words = modes,
	  .flags = OPT_REQUIRED, .metavar = "packets|bytes|avgpkt", .help = "count this" },
	{ .name = NULL },
};

static bool check(struct ruleset *rs, const struct rule *r, struct ext_use *u)
{
	(void)rs;
	(void)r;
	for (unsigned i = 0; i < u->nargs; i++)
		if (u->args[i].id == CONNBYTES && u->args[i].num.lo == u->args[i].num.hi)
			u->args[i].invert = false;
	return true;
}

static void lower(struct lower *l, const struct ext_use *u)
{
	const struct arg *a = use_arg(u, CONNBYTES);
	struct operand o = operand_ct((enum field_id)use_arg(u, MODE)->num.lo,
				      (enum ct_dir)use_arg(u, DIR)->num.lo);

	lower_range(l, o, a->num.lo, a->num.hi, a->invert);
}

const struct ext match_connbytes = {
	.name = "connbytes",
	.kind = EXT_MATCH,
	.families = FAMILY_BOTH,
	.options = options,
	.check = check,
	.lower = lower,
	.help = "packets, bytes or bytes per packet of the connection",
};
