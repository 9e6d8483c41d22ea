/* SPDX-License-Identifier: GPL-2.0-or-later */
/* parse: what the scanner and the parser of rulesets share. */
#ifndef IPTC2NFT_PARSE_H
#define IPTC2NFT_PARSE_H

#include "ahead.h"
#include "line.h"
#include "ruleset.h"

struct parse_context {
	struct ruleset *rs;
	struct table *table; /* between *NAME and COMMIT; NULL also after an unknown name */
	struct span table_at;
	uint32_t offset;     /* where the scanner is in the source */

	struct line line;    /* the current one */
	struct ahead *ahead; /* rules that a second thread has parsed, or NULL */
	uint32_t entered;    /* ahead_enter() knows of what is before this offset */
	struct ahead_rule *ready; /* the current line is one of them; its words are not split */
	bool line_bad;       /* something is wrong that the scanner has reported */
	bool foreign;	     /* lines outside of tables are of another language: that was said */

	/* The current word, when it is more than one run of plain bytes. */
	bool open, quoted;
	uint32_t word_start;
	const char *run;     /* a single run: in the source */
	uint32_t run_len;
	char *joined;        /* several: joined here */
	uint32_t joined_len;
};

#endif
