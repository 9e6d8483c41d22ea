/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * lower_ahead: rules of a large ruleset lowered ahead of their turn, by a second thread.
 *
 * As with parsing (ahead.h): one thread comes from the front, the other from the back. Most rules
 * become instructions without regard to any other rule; the second thread lowers those into runs
 * that the first one appends whole. One that needs a set, an object, a helper chain or a diagnostic
 * (lower_together()) is left to its turn, so that the outcome is that of one thread.
 */
#ifndef IPTC2NFT_LOWER_AHEAD_H
#define IPTC2NFT_LOWER_AHEAD_H

#include "lower.h"
#include "notable.h"

/* Rules of one chain that follow each other. */
struct lower_run {
	struct lower_run *next;
	uint32_t from, n; /* the place of the first among the rules of all chains */
	struct ir_rule *first, **last;
	struct ir_notables notables;
	bool calls;
};

struct lower_ahead;

/* lower_ahead_start - begin with it; @l as it is before the first rule. NULL: they are few, or
 * there is no thread or no processor for one */
struct lower_ahead *lower_ahead_start(const struct lower *l);

/* The run that begins with the rule at place @at; NULL: the rule is to be lowered now. Ask in
 * order. */
const struct lower_run *lower_ahead_find(struct lower_ahead *a, uint32_t at);

/* All rules are lowered. */
void lower_ahead_end(struct lower_ahead *a);

#endif
