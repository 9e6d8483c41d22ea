/* SPDX-License-Identifier: GPL-2.0-or-later */
/* CLASSIFY: net/netfilter/xt_CLASSIFY.c: skb->priority = class. */
#include "lower.h"

#include <stdio.h>

enum { CLASS };

/* sscanf("%x"): what it takes, of which 32 bits are kept; 0 where it takes nothing. */
static size_t scan_hex(const char *text, uint64_t *out)
{
	unsigned used = 0, v = 0;

	if (sscanf(text, "%x%n", &v, &used) < 1)
		return 0;
	*out = v & 0xffff;
	return used;
}

/* sscanf("%x:%x"): what follows does not count, nor do more than 16 bits. */
static bool parse(struct ext_parse *p, struct arg *out)
{
	const struct word *w = p->word;
	const char *text = arena_strndup(p->rs->arena, w->s, w->len);
	uint64_t major, minor;
	size_t n = scan_hex(text, &major);

	if (!n || text[n] != ':' || !scan_hex(text + n + 1, &minor))
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
