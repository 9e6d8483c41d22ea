/* SPDX-License-Identifier: GPL-2.0-or-later */
/* line: a usual line of a ruleset, split without the scanner; and what a rule's line begins with.
 */
#ifndef IPTC2NFT_LINE_H
#define IPTC2NFT_LINE_H

#include "ruleset.h"

/* A line and its words. */
struct line {
	const struct source *src;
	uint32_t start;	    /* offset of its first byte in the source */
	struct word *words; /* room for RULE_WORDS_MAX */
	uint32_t nwords;
	const char *quote, *searched; /* the next quotation mark, and the limit up to which it was looked for */
};

/*
 * line_split - the words of a line that begins with @first (the scanner hides that byte) and ends
 * before offset @limit of the source
 *
 * The usual line is not too long for a word, has at most whole words in quotes and is split several
 * times faster than byte by byte in the scanner's tables. Returns its length with the line end; 0:
 * it is for the scanner.
 */
uint32_t line_split(struct line *l, char first, uint32_t limit);

/* Where the line's words are. */
struct span line_span(const struct line *l);

/* line_rule - a line of words that may begin with counters, as a rule without meaning; false:
 * reported */
bool line_rule(struct ruleset *rs, const struct line *l, struct rule *out);

#endif
