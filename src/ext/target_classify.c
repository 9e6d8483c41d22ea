/* SPDX-License-Identifier: GPL-2.0-or-later */
/* CLASSIFY: net/netfilter/xt_CLASSIFY.c: skb->priority = class. */
#include "lower.h"

#include <string.h>

enum { CLASS };

static int hex_digit(char c)
{
	return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

static bool hex16(const char *s, size_t len, uint64_t *out)
{
	*out = 0;
	if (len > 2 && s[0] == '0' && (s[1] == 'x' || s[1] == 'X')) {
		s += 2;
		len -= 2;
	}
	if (!len || len > 4)
		return false;
	for (; len; s++, len--) {
		if (hex_digit(*s) < 0)
			return false;
		*out = *out << 4 | (uint64_t)hex_digit(*s);
	}
	return true;
}

static bool parse(struct ext_parse *p, struct arg *out)
{
	const struct word *w = p->word;
	const char *colon = memchr(w->s, ':', w->len);
	size_t n = colon ? (size_t)(colon - w->s) : 0;
	uint64_t major, minor;

	if (!colon || !hex16(w->s, n, &major) || !hex16(colon + 1, w->len - n - 1, &minor))
		return ext_value_error(p, "'%.*s' is not MAJOR:MINOR in hexadecimal", (int)w->len, w->s);
	out->num.lo = out->num.hi = major << 16 | minor;
	return true;
}

static const struct ext_option options[] = {
	{ .name = "set-class", .id = CLASS, .type = ARG_CUSTOM, .flags = OPT_REQUIRED, .parse = parse,
	  .metavar = "major:minor", .help = "class of a queueing discipline (tc), hexadecimal" },
	{ .name = NULL },
};

static void lower(struct lower *l, const struct ext_use *u)
{
	lower_set(l, operand_of(FIELD_META_PRIORITY), u->args[0].num.lo);
}

const struct ext target_classify = {
	.name = "CLASSIFY",
	.kind = EXT_TARGET,
	.families = FAMILY_BOTH,
	.hooks = IN_HOOK(OUTPUT) | IN_HOOK(FORWARD) | IN_HOOK(POSTROUTING),
	.options = options,
	.lower = lower,
	.help = "set the packet's priority",
};
