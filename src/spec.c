/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * spec: what the words of a rule mean.
 *
 * Follows do_parse() and command_default() of iptables' xshared.c, where getopt_long() runs with "-"
 * first: words are taken strictly in order, an option's owner is the newest match or target that
 * has it, and an unknown option makes the match of -p's protocol be loaded once.
 */
#include "spec_parse.h"

#include <stddef.h>
#include "spec_hint.h"

static const struct word *keep_word(struct parse *p, const struct word *w)
{
	struct word *k = ARENA_NEW(p->rs->arena, struct word);

	*k = *w;
	return k;
}

/* `! value`: the place where iptables before 1.4 wanted it. */
const struct word *spec_old_negation(struct parse *p, const struct word *v)
{
	const struct word *w = p->at < p->line->nwords ? &p->line->words[p->at] : NULL;

	/* Today's iptables takes the '!' for the value: it is where no other can follow. */
	if (!v || v->quoted || !word_is(v, "!") || !w || (w->len && w->s[0] == '-'))
		return v;
	if (p->invert)
		(void)FAIL(p, v->at, "'!' is given twice");
	p->invert = true;
	p->invert_at = v->at;
	return next_word(p);
}

bool spec_load_match(struct parse *p, const struct word *name, const struct ext *ext)
{
	struct ext_use *u;

	if (p->spec->nmatches == MATCHES_MAX)
		return FAIL(p, name->at, "more than %d matches in one rule", MATCHES_MAX);
	u = &p->matches[p->spec->nmatches++];
	*u = (struct ext_use){ .ext = ext, .at = name->at };
	return true;
}

/* One letter; @rest of its word, which may be empty or NULL. */
static bool short_option(struct parse *p, char c, const struct word *rest, struct span at)
{
	const struct word *v;
	enum takes t = spec_takes(c);

	if (t == TAKES_UNKNOWN)
		return FAIL(p, at, "unknown option '-%c'", c >= 0x20 && c < 0x7f ? c : '?');
	if (t == TAKES_NOTHING)
		return spec_base(p, c, NULL, at);
	v = rest && rest->len ? keep_word(p, rest) : NULL;
	if (t == TAKES_ATTACHED)
		return spec_base(p, c, v, at);
	if (!v)
		v = next_word(p);
	if (v && t == TAKES_NEGATION)
		v = spec_old_negation(p, v);
	if (!v)
		return FAIL(p, at, "-%c needs %s", c, hint_value(c));
	return spec_base(p, c, v, at);
}

/* -ptcp, -p tcp, -nv */
static bool short_options(struct parse *p, const struct word *w)
{
	if (w->len == 2) /* the usual case of what follows */
		return short_option(p, w->s[1], NULL, (struct span){ w->at.pos, 2 });
	for (uint32_t i = 1; i < w->len; i++) {
		struct span at = { w->at.pos + (w->at.len == w->len ? i - (i == 1) : 0), i == 1 ? 2 : 1 };
		struct word rest = { .len = 0 };

		if (i + 1 < w->len)
			rest = word_tail(w, i + 1);
		if (!short_option(p, w->s[i], &rest, at))
			return false;
		if (spec_takes(w->s[i]) != TAKES_NOTHING || p->cmd->other_family)
			break;
	}
	return true;
}

static bool not_an_option(struct parse *p, const struct word *w)
{
	const struct raw_option *last = p->nraw ? &p->raw[p->nraw - 1] : NULL;

	if (last && last->has_value && last->value.len > 1 && last->value.s[0] == '-' &&
	    last->value.at.pos < w->at.pos && last->value.at.pos + last->value.at.len + 1 >= w->at.pos)
		return FAIL(p, last->value.at, "'%.*s' is the value of --%s: a value is missing before it",
			    W(&last->value), last->opt->name);
	if (w->len && w->s[0] == '#')
		return FAIL(p, w->at, "a comment needs a line of its own");
	if (!p->cmd->letter && !p->given)
		return FAIL(p, w->at, "'%.*s' is not a command: a rule begins with -A%s", W(w),
			    w->len == 6 && !strncasecmp(w->s, "COMMIT", 6) ? ", a line of COMMIT holds nothing else"
									  : "");
	return FAIL(p, w->at, "'%.*s' is not an option", W(w));
}

static bool one_word(struct parse *p)
{
	const struct word *w = next_word(p);

	if (word_is(w, "--")) { /* the end of options, and of nothing else */
		if (p->at < p->line->nwords)
			return FAIL(p, p->line->words[p->at].at, "nothing may follow '--'");
		return true;
	}
	if (word_is(w, "!")) {
		if (p->invert)
			return FAIL(p, w->at, "'!' is given twice");
		p->invert = true;
		p->invert_at = w->at;
		return true;
	}
	if (w->len < 2 || w->s[0] != '-')
		return not_an_option(p, w);

	bool ok = w->s[1] == '-' && w->len > 2 ? spec_long(p, w) : short_options(p, w);

	p->invert = false;
	return ok;
}

bool spec_parse(struct ruleset *rs, struct table *t, const struct rule *line, struct command *cmd,
		struct rule_spec *spec, struct hostlist *src, struct hostlist *dst)
{
	struct parse p;
	struct rule with_spec = *line;

	memset(&p, 0, offsetof(struct parse, matches));
	p.nraw = 0;
	p.failed = false;
	p.rs = rs;
	p.table = t;
	p.cmd = cmd;
	p.spec = spec;
	p.src = src;
	p.dst = dst;
	with_spec.spec = spec;
	p.line = &with_spec;
	*cmd = (struct command){ 0 };
	*spec = (struct rule_spec){ 0 };
	spec->matches = p.matches;
	while (p.at < line->nwords)
		if (!one_word(&p) || cmd->other_family)
			break;
	if (p.failed || cmd->other_family)
		return !p.failed;
	if (p.invert)
		return FAIL(&p, p.invert_at, "nothing follows '!'");
	cmd->has_rule = p.given & ~(cmd->letter == 'P' ? GIVEN_COUNTERS : 0u);
	if (cmd->letter == 'D' && p.given & GIVEN_COUNTERS)
		return FAIL(&p, cmd->at, "-D takes no counters");
	if (!cmd->letter)
		return FAIL(&p, line->at, "no command: a rule begins with -A");
	if (p.given & GIVEN_SRC && !spec_hosts(rs, &p.src_word, p.src_invert, src))
		return false;
	if (p.given & GIVEN_DST && !spec_hosts(rs, &p.dst_word, p.dst_invert, dst))
		return false;
	if (src->n && dst->n && (src->n > 1 || dst->n > 1) && (p.src_invert || p.dst_invert))
		return FAIL(&p, p.src_word.at, "'!' is not possible with several addresses");
	for (uint16_t i = 0; i < spec->nmatches; i++)
		if (!spec_use(&p, &p.matches[i], i))
			return false;
	if (spec->target == TARGET_EXT && !spec_use(&p, &spec->ext_target, RAW_TARGET))
		return false;
	spec->matches = arena_array(rs->arena, spec->nmatches, sizeof(*spec->matches));
	memcpy(spec->matches, p.matches, spec->nmatches * sizeof(*spec->matches));
	return true;
}
