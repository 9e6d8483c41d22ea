/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * compare: what differs between the two sides, and not between two runs of one.
 *
 * Rounds are added one by one. A packet differs when all rounds of the reference agree about it, at
 * some level of its signature, and no round of ours is like them. What chance decides in the
 * reference itself is so left out; what chance decides in ours alone comes out equal sooner or later
 * only if it can. Counters of rules that vary are compared as what they are, samples: by the means
 * of all rounds.
 */
#ifndef IPTC2NFT_VERIFY_COMPARE_H
#define IPTC2NFT_VERIFY_COMPARE_H

#include "verify/run.h"

struct compare_rule {
	uint64_t first; /* the reference's packets in the first round */
	uint64_t ours;	/* ours in that */
	bool varied, equal;
	bool says; /* its LOG says something else */
	bool fast; /* it has a limit that the clocks' grain decides about */
	bool draws; /* its ports are drawn from others */
	double sum[2], squares[2];
};

struct compare {
	uint32_t npackets, nrules;
	unsigned rounds, whole_rounds; /* whole: with all packets, so that counters say something */
	struct signature *first;
	uint8_t *varied, *equal; /* by packet: bits of levels */
	struct compare_rule *rules;
};

void compare_init(struct compare *c, struct arena *a, uint32_t npackets, uint32_t nrules);

/* One more round: @n packets were sent on both sides; @whole: all that there are. */
void compare_round(struct compare *c, const struct side *reference, const struct side *ours, uint32_t n, bool whole);

bool compare_packet_differs(const struct compare *c, uint32_t packet);
bool compare_rule_differs(const struct compare *c, uint32_t rule);

/* Do the means of a rule's counters lie further apart than chance has them? In standard errors. */
double compare_rule_distance(const struct compare *c, uint32_t rule);
#define COMPARE_FAR   6.0 /* beyond: they are not the same */
#define COMPARE_DOUBT 3.5 /* from here on more rounds are worth while */
#define COMPARE_ROUNDS 4  /* with fewer nothing is said of means */

#endif
