/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ahead: rules of a large ruleset parsed ahead of the parser, by a second thread.
 *
 * The parser comes from the front, the second thread takes piece after piece of the text from the
 * end; where they meet, the parser goes on with what is ready. A rule that appends (-A) means the
 * same wherever the parser is, but for its chain and a chain that it jumps to: these are looked up
 * when its turn comes. Lines of other kinds, lines that have an error, and those where the second
 * thread can't have known enough, are left to the parser, so that the outcome is that of one
 * thread.
 *
 * The scanner changes the text in place for as long as it looks at it: one byte behind each token.
 * Nobody else reads a piece that it has entered, nor the first two lines of the next one.
 */
#ifndef IPTC2NFT_AHEAD_H
#define IPTC2NFT_AHEAD_H

#include "ruleset.h"

/* A rule that is ready but for its chain and what it jumps to. */
struct ahead_rule {
	struct ahead_rule *next;
	uint32_t start, len; /* its line in the source, line end included */
	enum table_id table;
	struct word chain, target; /* target: what is behind -j or -g; .s is NULL without */
	struct rule rule;
};

struct ahead;

/* ahead_start - begin to parse @src, whose family is known, ahead; NULL: it is not large, or there
 * is no thread or no processor for one */
struct ahead *ahead_start(struct ruleset *rs, const struct source *src);

/*
 * ahead_enter - the scanner has got to offset @at; waits until the second thread has left this
 * piece
 *
 * Returns the offset from which to ask again.
 */
uint32_t ahead_enter(struct ahead *a, uint32_t at);

/* ahead_find - the rule of the line at offset @start, which has been entered; NULL: it is not
 * ready. Ask in the order of the text. */
struct ahead_rule *ahead_find(struct ahead *a, uint32_t start);

/* The text is parsed. */
void ahead_end(struct ahead *a);

#endif
