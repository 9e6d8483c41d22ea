/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * draws: ports that the kernel chooses by lot, for rules with --random.
 *
 * What one packet gets says nothing, so that it is left out of the comparison of packets
 * (compare.h). All that the packets of a rule get on one side are a sample: no port may lie outside
 * the rule's range, neither sample may have more at its ends than chance allows, and the two may
 * not be further apart than those of one distribution are, by Kolmogorov and Smirnov. A range that
 * is narrower by little against its size is told only as far as a sample of some hundred can.
 */
#ifndef IPTC2NFT_VERIFY_DRAWS_H
#define IPTC2NFT_VERIFY_DRAWS_H

#include "verify/run.h"

struct draw_sample {
	uint16_t *ports;
	uint32_t n, cap;
	bool outside;
	uint16_t least, most;
};

struct draws {
	struct arena *arena;
	const struct verify_plan *plan;
	struct draw_sample (*samples)[2]; /* of each of the plan's draws: the reference's, ours */
	uint32_t *rules;		  /* the numbers of their rules */
};

/* @rs: that the plan was made from */
void draws_init(struct draws *d, struct arena *a, const struct verify_plan *p,
		const struct ruleset *rs);

/* What the first @n packets got in one round. */
void draws_round(struct draws *d, const struct side *reference, const struct side *ours,
		 uint32_t n);

bool draws_differ(const struct draws *d, uint32_t draw);

/* The ports of a packet: the source's in the upper half; 0: it has none. */
uint32_t draws_ports(const uint8_t *bytes, uint32_t len);

/* The instruction that draws lots, of those that follow; NULL. */
const struct inst_nat *draws_of(const struct inst *i);

#endif
