/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * verify: the same packets through the original and through the translation, in the kernel.
 *
 * verify_run() makes rounds until it is clear what differs; the reports say it.
 */
#ifndef IPTC2NFT_VERIFY_H
#define IPTC2NFT_VERIFY_H

#include "verify/compare.h"
#include "verify/draws.h"
#include "verify/known.h"
#include "verify/run.h"

#define VERIFY_SHOWN 5 /* differences that are shown with their walks */

struct verify {
	struct arena *arena;
	struct verify_setup setup;
	struct rules rules;
	struct observe_groups groups;
	uint32_t seed, seconds;
	uint64_t start_ms; /* the budget counts from here */
	struct known known;
	const struct ir *simulated; /* the plan's: what it logs is listened to as well, should ours have lost it */
	bool self; /* tests: the reference on both sides */
	void (*progress)(void *arg, unsigned round, uint32_t sent, uint32_t of);
	void *progress_arg;

	/* The result. */
	struct compare compare;
	struct draws draws;
	struct side *pair;
	uint32_t packets; /* that were sent; fewer than planned when time was up */
	bool chance;	  /* something varies from run to run */
	bool hurried;	  /* no time for all rounds that would be needed to exclude chance */
	uint32_t ndiffer; /* packets */
	uint32_t *differ;
	uint32_t nrules_differ;
	uint32_t shown; /* of them with walks, in pair's records */
	uint64_t seen, logs, ms;
	uint64_t *hits, *policies; /* of the first round, by the reference */
	const char *error;
};

/* verify_run - setup.ctx, .plan, .text, .ipset, seed, seconds are given
 * IPTC2NFT_OK, _DIFFERENT, or another status with the reason in v->error. */
int verify_run(struct verify *v);
void verify_end(struct verify *v);

/* Is a rule's counter different, by count or in the mean? */
bool verify_rule_differs(const struct verify *v, uint32_t rule);

/* Of the first round: was there surely a packet that a rule was asked about and did not match? */
bool verify_rule_missed(const struct verify *v, uint32_t rule);

/* The reports. */
void verify_text(const struct verify *v, struct buffer *b);
bool verify_json(const struct verify *v, struct buffer *b); /* false: out of memory */

#endif
