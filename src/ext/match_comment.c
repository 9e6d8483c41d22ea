/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * comment: net/netfilter/xt_comment.c matches always; the text becomes the rule's nft comment.
 * iptables keeps the first 255 bytes of a longer one.
 */
#include "lower.h"

enum { COMMENT };

#define COMMENT_MAX 255 /* XT_MAX_COMMENT_LEN less its NUL */

static const struct ext_option options[] = {
	{ .name = "comment", .id = COMMENT, .type = ARG_STRING, .flags = OPT_REQUIRED,
	  .metavar = "text", .help = "a comment" },
	{ .name = NULL },
};

static bool check(struct ruleset *rs, const struct rule *r, struct ext_use *u)
{
	struct arg *a = &u->args[0];

	(void)r;
	if (a->str.len > COMMENT_MAX) {
		a->str.s = arena_strndup(rs->arena, a->str.s, COMMENT_MAX);
		a->str.len = COMMENT_MAX;
	}
	return true;
}

static void lower(struct lower *l, const struct ext_use *u)
{
	const struct arg *a = &u->args[0];
	struct ir_rule *r = l->out;

	if (r->comment) {
		r->comment = arena_printf(l->arena, "%s; %s", r->comment, a->str.s);
		r->comment_len += 2 + a->str.len;
	} else {
		r->comment = a->str.s;
		r->comment_len = a->str.len;
	}
}

const struct ext match_comment = {
	.name = "comment",
	.kind = EXT_MATCH,
	.families = FAMILY_BOTH,
	.options = options,
	.check = check,
	.lower = lower,
	.help = "a comment; matches every packet",
};
