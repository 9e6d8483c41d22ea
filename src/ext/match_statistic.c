/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * statistic: net/netfilter/xt_statistic.c, statistic_mt(); libxt_statistic.c.
 *
 * random: 31 random bits below lround(2^31 * p); nft's `meta random` has 32, so twice the bound has
 * the same probability. nth: a counter of the rule's own that begins at n-1-p and matches when it
 * comes to 0: the packets p, p+n, p+2n, … counted from 0, as numgen's.
 */
#include "lower.h"
#include "value.h"

#include <ctype.h>
#include <string.h>

enum { MODE, PROBABILITY, EVERY, PACKET };
enum { RANDOM, NTH };

#define ALWAYS 0x80000000u /* 2^31: a probability of 1 */

static const struct ext_word modes[] = { { "random", RANDOM }, { "nth", NTH }, { NULL, 0 } };

/* A decimal number from 0 to 1, whatever the locale; iptables rounds it to 31 bits. */
static bool parse_probability(struct ext_parse *p, struct arg *out)
{
	const char *s = p->word->s, *end = s + p->word->len;
	long double v = 0, unit = 1;
	bool point = false, digits = false, minus;

	while (s < end && isspace((unsigned char)*s)) /* strtod() */
		s++;
	minus = s < end && *s == '-';
	if (s < end && (*s == '+' || minus))
		s++;
	for (; s < end; s++) {
		if (*s == '.' && !point) {
			point = true;
			continue;
		}
		if (*s < '0' || *s > '9')
			break;
		digits = true;
		if (point)
			unit /= 10;
		v = point ? v + (*s - '0') * unit : v * 10 + (*s - '0');
	}
	if (!digits || s < end || v > 1 || (minus && v > 0))
		return ext_value_error(p, "'%.*s' is not a number from 0 to 1", (int)p->word->len,
				       p->word->s);
	out->num.lo = out->num.hi = (uint64_t)((double)v * ALWAYS + 0.5);
	return true;
}

static const struct ext_option options[] = {
	{ .name = "mode", .id = MODE, .type = ARG_ENUM, .words = modes, .flags = OPT_REQUIRED,
	  .metavar = "random|nth", .help = "by chance or by turns" },
	{ .name = "probability", .id = PROBABILITY, .type = ARG_CUSTOM, .parse = parse_probability,
	  .flags = OPT_INVERT, .excl = 1u << EVERY | 1u << PACKET, .metavar = "p",
	  .help = "match with this probability" },
	{ .name = "every", .id = EVERY, .type = ARG_U32, .min = 1, .max = UINT32_MAX,
	  .flags = OPT_INVERT, .also = 1u << PACKET, .excl = 1u << PROBABILITY, .metavar = "n",
	  .help = "match one packet of n" },
	{ .name = "packet", .id = PACKET, .type = ARG_U32, .min = 0, .max = UINT32_MAX,
	  .also = 1u << EVERY,
	  .excl = 1u << PROBABILITY, .metavar = "p", .help = "which of them, from 0" },
	{ .name = NULL },
};

static bool check(struct ruleset *rs, const struct rule *r, struct ext_use *u)
{
	const struct arg *mode = use_arg(u, MODE), *n = use_arg(u, EVERY), *p = use_arg(u, PACKET);

	(void)r;
	if (mode->num.lo == RANDOM && !use_arg(u, PROBABILITY)) {
		diag_error(rs->diags, mode->at, "--mode random needs --probability");
		return false;
	}
	if (mode->num.lo == NTH && !n) {
		diag_error(rs->diags, mode->at, "--mode nth needs --every and --packet");
		return false;
	}
	if (p && p->num.lo >= n->num.lo) {
		diag_error(rs->diags, p->value, "--packet: of %llu packets the last one is %llu",
			   (unsigned long long)n->num.lo, (unsigned long long)n->num.lo - 1);
		return false;
	}
	return true;
}

static void lower(struct lower *l, const struct ext_use *u)
{
	const struct arg *chance = use_arg(u, PROBABILITY), *n = use_arg(u, EVERY);
	struct operand_gen *gen;
	struct operand o;

	if (chance) {
		bool never = chance->invert ? chance->num.lo == ALWAYS : !chance->num.lo;

		if (never)
			lower_never(l);
		else if (chance->num.lo && chance->num.lo != ALWAYS)
			lower_cmp(l, operand_of(FIELD_META_RANDOM),
				  chance->invert ? TEST_GE : TEST_LT, chance->num.lo * 2);
		return;
	}
	if (l->out->clauses->next) /* one counter for all of the rule's alternatives */
		lower_split(l);
	gen = ARENA_NEW(l->arena, struct operand_gen);
	o = operand_of(FIELD_NUMGEN_INC);
	gen->modulus = (uint32_t)n->num.lo;
	o.gen = gen;
	lower_eq(l, o, use_arg(u, PACKET)->num.lo, n->invert);
}

const struct ext match_statistic = {
	.name = "statistic",
	.kind = EXT_MATCH,
	.families = FAMILY_BOTH,
	.options = options,
	.check = check,
	.lower = lower,
	.help = "some of the packets, by chance or by turns",
};
