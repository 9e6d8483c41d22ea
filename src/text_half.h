/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * text_half: the second half of a large table's rules, written beside the first by a second thread.
 *
 * It writes rules that no diagnostic is about and that share no variables with others. Where it
 * meets one that is otherwise, the first thread writes that half as well.
 */
#ifndef IPTC2NFT_TEXT_HALF_H
#define IPTC2NFT_TEXT_HALF_H

#include "text.h"

struct text_half {
	const struct ir_chain *chain; /* where it begins: in this chain */
	const struct ir_rule *rule;   /* at this rule */
	/* What follows is for text_half.c. */
	struct second *second;
	struct ir ir; /* with diagnostics and memory of its own */
	struct diags diags;
	struct text text;
	const struct split_part *part;
};

/* text_half_start - begin with it; NULL: it is all for the first thread */
struct text_half *text_half_start(const struct text *t, const struct split_part *p);

/* text_half_end - what comes before has been written: append it */
void text_half_end(struct text *t, struct text_half *h);

#endif
