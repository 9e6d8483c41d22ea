/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "line.h"

#include <string.h>
#include "value.h"

/* Behind the unquoted word that begins at @s; NULL: something in it is for the scanner. */
static const char *word_end(const char *s, const char *limit)
{
	for (;; s++) {
		while ((unsigned char)*s > ' ')
			s++;
		if (*s == ' ' || *s == '\n' || *s == '\t')
			return s;
		if (*s == '\r' || s == limit)
			return NULL;
	}
}

/* Behind the word in quotes that begins at @s, with nothing to unescape, which is a whole word; or NULL. */
static const char *quoted_end(const char *s, const char *limit)
{
	const char *close = memchr(s + 1, '"', (size_t)(limit - s - 1));
	size_t len = close ? (size_t)(close - s - 1) : 0;

	if (!len || len > WORD_MAX_BYTES || memchr(s + 1, '\\', len) || memchr(s + 1, '\r', len) ||
	    memchr(s + 1, '\n', len))
		return NULL;
	return close[1] == ' ' || close[1] == '\n' || close[1] == '\t' ? close + 1 : NULL;
}

/* Where the first quotation mark is from @s on; @limit: there is none. Lines without are many. */
static const char *next_quote(struct line *l, const char *s, const char *limit)
{
	if (l->searched != limit || l->quote < s) {
		l->quote = memchr(s, '"', (size_t)(limit - s));
		if (!l->quote)
			l->quote = limit;
		l->searched = limit;
	}
	return l->quote;
}

/* The words of a line; returns its end, NULL: something in it is for the scanner. */
static const char *split_words(struct line *l, const char *s, const char *limit)
{
	uint32_t pos = l->src->base + l->start;
	const char *line = s;
	struct word *w = l->words, *last = w + RULE_WORDS_MAX;

	for (;; w++) {
		const char *start;
		bool quoted;

		while (*s == ' ' || *s == '\t')
			s++;
		if (*s == '\n')
			break;
		if (w == last)
			return NULL;
		start = s;
		quoted = *s == '"';
		s = quoted ? quoted_end(s, limit) : word_end(s, limit);
		if (!s || (!quoted && next_quote(l, start, limit) < s))
			return NULL;
		w->s = start + quoted;
		w->len = (uint32_t)(s - start) - 2 * quoted;
		w->quoted = quoted;
		w->at.pos = pos + (uint32_t)(start - line);
		w->at.len = (uint32_t)(s - start);
	}
	l->nwords = (uint32_t)(w - l->words);
	return s;
}

uint32_t line_split(struct line *l, char first, uint32_t limit)
{
	const char *s = l->src->text + l->start, *end;

	if (first == ' ' || first == '\t' || first == '\r' || first == '"')
		return 0;
	end = split_words(l, s, l->src->text + limit);
	return end && end - s <= WORD_MAX_BYTES ? (uint32_t)(end - s) + 1 : 0;
}

struct span line_span(const struct line *l)
{
	struct span at = { l->src->base + l->start, 1 };

	if (l->nwords)
		at.len = l->words[l->nwords - 1].at.pos + l->words[l->nwords - 1].at.len - at.pos;
	return at;
}

/* What is left of a line's words when it begins behind the ']' before position @end. */
static void drop_words(struct rule *line, uint32_t end)
{
	struct word *w;
	const char *bracket;
	uint32_t n;

	while (line->nwords && line->words->at.pos + line->words->at.len <= end) {
		line->words++;
		line->nwords--;
	}
	w = line->words;
	if (!line->nwords || w->at.pos >= end || !(bracket = memchr(w->s, ']', w->len)))
		return;
	n = (uint32_t)(bracket + 1 - w->s);
	w->s += n;
	w->len -= n;
	w->at.len -= end - w->at.pos;
	w->at.pos = end;
}

/* `[packets:bytes] -A …`: tokenize_rule_counters(). The numbers matter only where counters are
 * kept; blanks around them don't, nor need there be one behind. */
static bool leading_counters(struct ruleset *rs, const struct line *l, struct rule *line)
{
	const char *s = l->src->text + l->start, *end, *colon;
	struct counters *to = &line->counters;
	size_t used;

	if (*s != '[')
		return true;
	end = memchr(s, ']', line_span(l).len);
	colon = end ? memchr(s, ':', (size_t)(end - s)) : NULL;
	if (!colon || colon == s + 1 ||
	    (rs->counters &&
	     (colon[1] == '-' || /* is an option to iptables */
	      !value_decimal(s + 1, (size_t)(colon - s) - 1, &to->packets, &used) ||
	      !value_decimal(colon + 1, (size_t)(end - colon) - 1, &to->bytes, &used)))) {
		diag_error(rs->diags, l->words[0].at,
			   "counters before a rule are written [packets:bytes]");
		return false;
	}
	line->has_counters = rs->counters;
	drop_words(line, l->src->base + l->start + (uint32_t)(end + 1 - s));
	return true;
}

bool line_rule(struct ruleset *rs, const struct line *l, struct rule *out)
{
	*out = (struct rule){ .words = l->words, .nwords = l->nwords };
	if (!leading_counters(rs, l, out))
		return false;
	out->at = line_span(l);
	if (out->nwords) {
		out->at.len -= out->words[0].at.pos - out->at.pos;
		out->at.pos = out->words[0].at.pos;
	}
	return true;
}
