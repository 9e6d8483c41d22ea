/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * plan_goal: a clause of a rule that is to be hit, or missed by one of its tests, and how a packet
 * for it is found: what has to hold (plan_want.c, plan_effect.c), a packet (plan_try.c), and what
 * is asked instead when that did not get there (plan_repair.c).
 */
#ifndef IPTC2NFT_VERIFY_PLAN_GOAL_H
#define IPTC2NFT_VERIFY_PLAN_GOAL_H

#include "verify/plan_make.h"

struct plan_goal {
	struct plan_step steps[PLAN_STEPS_MAX]; /* from the clause up to the base chain */
	unsigned nsteps;
	const struct ir_rule *rule;
	const struct ir_clause *clause;
	const struct inst *focus; /* the test whose value is chosen, or NULL */
	bool miss;
	bool all;		      /* missed by nothing but the focus */
	bool nowhere;		      /* from port 0 */
	bool strict;		      /* and that or nothing */
	const struct ir_clause *also; /* would match too, or NULL */
	const struct inst_test *twin; /* asked of the field that it is easily confused with, or NULL */
	struct inst_test apart;
	bool tried;		      /* what is easily confused may be the same */
	bool misses;		      /* no hits are wanted: they would use a limit up */
	uint16_t cut, frag, words;    /* see struct plan_draft */
	uint8_t broken;
	bool none;		      /* no transport protocol: 59 */
	struct plan_wants wants;
};

/* plan_want.c */
void plan_want_test(struct plan_wants *w, const struct inst_test *t, bool hold);
/* The same, asked of the field that is easily confused with the test's. false: there is none. */
bool plan_twin(const struct inst_test *t, struct inst_test *twin);
/* What a clause asks, up to @end. */
void plan_want_clause(struct planner *pl, struct plan_wants *w, const struct ir_clause *k,
		      const struct inst *end);
/* The field that the focus (a TEST, or an ASSIGN) looks at or writes has to have this value. */
void plan_want_choice(struct plan_wants *w, const struct inst *focus, const struct value *choice);
/* A way from a base chain to the goal, each caller as likely. false: nothing leads there. */
bool plan_find_way(struct planner *pl, struct plan_goal *g);
enum hook_id plan_goal_hook(const struct plan_goal *g);
/* All that has to hold on the goal's way. */
void plan_want_goal(struct planner *pl, struct plan_goal *g);

/* plan_effect.c: marks of packets and connections come from other rules: aim at one of these too */
void plan_want_effects(struct planner *pl, struct plan_goal *g);

/* plan_repair.c: the shot's packet @at did not pass as it should; the new draft, or false */
bool plan_repair(struct planner *pl, struct plan_goal *g, unsigned at, struct plan_draft *d);

/* plan_try.c */
/* A clause, to be hit. */
void plan_set_goal(struct plan_goal *g, const struct ir_chain *c, const struct ir_rule *r,
		   const struct ir_clause *k);
/* A packet that gets there is kept; @choice: the value of the field that the focus looks at. */
bool plan_try_goal(struct planner *pl, struct plan_goal *g, const struct value *choice,
		   unsigned tries);
/* A rule that looks up what packets have left is hit by the second or a later one of the same kind.
 */
bool plan_try_again(struct planner *pl, struct plan_goal *g);
const struct inst *plan_counter_of(const struct ir_clause *k);
uint32_t plan_line_of(struct planner *pl, const struct ir_rule *r);

#define TRIES_MISS 4 /* packets that are tried for an edge */

/* plan_cut.c: for a header that the goal's clause needs; @sweep: 0 to 2, each another share */
void plan_cuts(struct planner *pl, struct plan_goal *g, const struct inst *need, unsigned sweep);

/* plan_kept.c: what connections keep from one packet to the next */
void plan_kept(struct planner *pl, struct plan_goal *g);

#endif
