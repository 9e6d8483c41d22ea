/* SPDX-License-Identifier: GPL-2.0-or-later */
/* u32_parse: what libxt_u32 makes of a test's text; blanks are allowed between its parts. */
#include "u32_parse.h"

#include <ctype.h>
#include <string.h>
#include <linux/netfilter/xt_u32.h>
#include "value.h"

#define TESTS_MAX 10 /* XT_U32_MAXSIZE, of tests, operations and values */

struct cursor {
	const char *start, *s, *end;
};

static bool bad(struct ext_parse *p, const struct cursor *c, const char *what)
{
	return ext_value_error(p, "%s at byte %u", what, (unsigned)(c->s - c->start) + 1);
}

static char peek(struct cursor *c)
{
	while (c->s < c->end && isspace((unsigned char)*c->s))
		c->s++;
	return c->s < c->end ? *c->s : '\0';
}

/* strtoul() */
static bool number(struct ext_parse *p, struct cursor *c, __u32 *out)
{
	size_t used;
	uint64_t v;

	peek(c);
	if (!value_u64_prefix(c->s, (size_t)(c->end - c->s), &v, &used))
		return bad(p, c, "no number");
	if (v > UINT32_MAX)
		return bad(p, c, "number too large");
	c->s += used;
	*out = (uint32_t)v;
	return true;
}

static bool operation(struct ext_parse *p, struct cursor *c, __u8 *op)
{
	char first = peek(c);

	c->s += first != '\0';
	switch (first) {
	case '&': *op = XT_U32_AND; return true;
	case '@': *op = XT_U32_AT; return true;
	case '<':
	case '>':
		*op = first == '<' ? XT_U32_LEFTSH : XT_U32_RIGHTSH;
		if (c->s < c->end && *c->s++ == first)
			return true;
		break;
	}
	return bad(p, c, "no operator");
}

/* start[op number …]=value[:value][,…] */
static bool one_test(struct ext_parse *p, struct cursor *c, struct xt_u32_test *t)
{
	while (peek(c) != '=' || !t->nnums) {
		if (t->nnums == TESTS_MAX)
			return bad(p, c, "too many operations");
		if (t->nnums && !operation(p, c, &t->location[t->nnums].nextop))
			return false;
		if (!number(p, c, &t->location[t->nnums++].number))
			return false;
	}
	c->s++;
	do {
		struct xt_u32_value_element *v = &t->value[t->nvalues];

		if (t->nvalues++ == TESTS_MAX)
			return bad(p, c, "too many values");
		if (!number(p, c, &v->min))
			return false;
		v->max = v->min;
		if (peek(c) == ':' && (c->s++, !number(p, c, &v->max)))
			return false;
	} while (peek(c) == ',' && c->s++);
	return true;
}

bool u32_parse(struct ext_parse *p, struct arg *out)
{
	struct xt_u32 *u = ARENA_NEW(p->rs->arena, struct xt_u32);
	struct cursor c = { p->word->s, p->word->s, p->word->s + p->word->len };

	out->custom = u;
	out->custom_len = sizeof(*u);
	for (;;) {
		if (u->ntests == TESTS_MAX)
			return bad(p, &c, "too many tests");
		if (!one_test(p, &c, &u->tests[u->ntests++]))
			return false;
		if (!peek(&c))
			return true;
		if (c.end - c.s < 2 || c.s[0] != '&' || c.s[1] != '&')
			return bad(p, &c, "neither ',' nor '&&'");
		c.s += 2;
	}
}
