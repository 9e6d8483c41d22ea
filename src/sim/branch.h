/* SPDX-License-Identifier: GPL-2.0-or-later */
/* branch: the ways that a packet may take where something can't be known. See branch.c. */
#ifndef IPTC2NFT_SIM_BRANCH_H
#define IPTC2NFT_SIM_BRANCH_H

#include "buffer.h"
#include "sim/sim.h"

#define BRANCHES_MAX 8 /* other ways that are shown */

struct branches {
	struct buffer *state, *bytes; /* what there was before the packet */
	bool possible;                /* this ruleset may ask for what can't be known */
};

void branches_init(struct branches *b, struct arena *a, const struct ir *ir);

/*
 * branch_walk - sim_walk(), then the other ways, each of which begins with EVENT_BRANCH and ends with
 * EVENT_VERDICT. The state that stays is that of the first way.
 */
enum sim_verdict branch_walk(struct sim *s, struct sim_packet *p, struct branches *b);

/* A condition that can't be known: PASS or UNKNOWN, as the way that is walked takes it. */
enum sim_result branch_choose(struct sim *s, const struct sim_packet *p, const struct inst *i);

/* Is the rule that is looked at the one that was last assumed to match? */
static inline bool branch_assumed(const struct sim *s)
{
	const struct sim_choices *c = &s->choices;

	return c->nassumed && c->assumed[c->nassumed - 1].rule == s->rule->rule;
}

#endif
