/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "line.h"

#include <string.h>
#include "value.h"

/* Behind the word that begins at @s, in a line that ends at @end; NULL: a carriage return is in it.
 */
static const char *word_end(const char *s, const char *end)
{
	for (;;) {
		while ((unsigned char)*s > ' ')
			s++;
		if (s == end || *s == ' ' || *s == '\t')
			return s;
		if (*s == '\r')
			return NULL;
		s++;
	}
}

/* Where the quotes that open at @s close: at a word's end, with nothing to unescape between; or
 * NULL. */
static const char *closing_quote(const char *s, const char *end)
{
	const char *close = memchr(s + 1, '"', (size_t)(end - s - 1));
	size_t len = close ? (size_t)(close - s - 1) : 0;

	if (!len || memchr(s + 1, '\\', len) || memchr(s + 1, '\r', len))
		return NULL;
	return close + 1 == end || close[1] == ' ' || close[1] == '\t' ? close : NULL;
}

/* A word in quotes at @*at, which is moved behind it; false: for the scanner. */
static bool quoted_word(struct word *w, const char **at, const char *end)
{
	const char *close = closing_quote(*at, end);

	if (!close)
		return false;
	w->s = *at + 1;
	w->len = (uint32_t)(close - w->s);
	w->quoted = true;
	*at = close + 1;
	return true;
}

/* Words of a usual line that ends at @end; false: something in it is for the scanner. */
static bool split_words(struct line *l, const char *s, const char *end)
{
	const char *quote = memchr(s, '"', (size_t)(end - s)), *text = l->src->text;
	uint32_t base = l->src->base;
	struct word *w = l->words, *last = w + RULE_WORDS_MAX;

	for (;; w++) {
		const char *start;

		while (*s == ' ' || *s == '\t')
			s++;
		if (s == end)
			break;
		if (w == last)
			return false;
		start = s;
		if (s != quote) {
			s = word_end(s, end);
			if (!s || (quote && quote < s))
				return false;
			w->s = start;
			w->len = (uint32_t)(s - start);
			w->quoted = false;
		} else {
			if (!quoted_word(w, &s, end))
				return false;
			quote = memchr(s, '"', (size_t)(end - s));
		}
		w->at.pos = base + (uint32_t)(start - text);
		w->at.len = (uint32_t)(s - start);
	}
	l->nwords = (uint32_t)(w - l->words);
	return true;
}

uint32_t line_split(struct line *l, char first, uint32_t limit)
{
	const char *s = l->src->text + l->start;
	const char *end = memchr(s, '\n', limit - l->start);

	if (!end || end - s > WORD_MAX_BYTES || first == ' ' || first == '\t' || first == '\r' ||
	    first == '"' || !split_words(l, s, end))
		return 0;
	return (uint32_t)(end - s) + 1;
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
