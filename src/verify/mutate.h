/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * mutate: a damaged translation, for the tests of --verify.
 *
 * A mutant is a compiled ruleset with one change, of the kind that a mistake in the compiler would
 * make. They are numbered from 1 in the order of the output's chains, rules and instructions.
 */
#ifndef IPTC2NFT_VERIFY_MUTATE_H
#define IPTC2NFT_VERIFY_MUTATE_H

#include "buffer.h"
#include "ir.h"
#include "verify/plan.h"

/* A line for each: number, place in the input, what is changed. Returns how many there are. */
uint32_t verify_mutants(struct ir *ir, struct buffer *out);

/* Make one; *what: its line. false: there are fewer. */
bool verify_mutate(struct ir *ir, uint32_t number, struct buffer *what);

/*
 * verify_mutants_untold - those that the plan's packets don't tell from the original, in the
 * simulation
 * @every: look at each so-manieth only, from @from on
 * A line each to standard output. The simulation knows no priorities, and no time but the plan's
 * pauses. false: no processes.
 */
bool verify_mutants_untold(struct ir *ir, const struct verify_plan *p, uint32_t from,
			   uint32_t every);

/* What one of them damages. */
enum mutate_what {
	MUTATE_INST,
	MUTATE_INST_GONE,
	MUTATE_CLAUSE_GONE,
	MUTATE_RULE_GONE,
	MUTATE_SWAP,
	MUTATE_POLICY,
	MUTATE_PRIORITY,
	MUTATE_STATE
};
struct mutation {
	enum mutate_what what;
	struct ir_chain *chain; /* NULL: STATE, a set's or an object's */
	struct ir_rule *rule;
	struct ir_clause *clause; /* NULL: the rule's as a whole */
	struct inst *inst; /* INST, INST_GONE; also an instruction in a set's or a dynset's state */
	int priority;	   /* PRIORITY: the new one */
};

/* Where it is, without making it. */
bool verify_mutant_find(struct ir *ir, uint32_t number, struct mutation *out);

/* For mutate_inst.c: the walk over all places that can be damaged. */
struct mutator {
	struct ir *ir;
	struct arena *arena;
	struct buffer *out; /* lines, or NULL */
	uint32_t wanted, n; /* 0: only count */
	struct span rule, at;
	struct mutation now;	/* where the walk is */
	struct mutation *found; /* or NULL; then nothing is changed */
	bool guard;		/* in a guard clause */
};

/* Is it this one? Then the caller makes the change. */
bool mutate_here(struct mutator *m, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* The changes of one instruction that stays where it is. */
void mutate_inst(struct mutator *m, struct inst *i);
void mutate_set(struct mutator *m, struct ir_set *s);
void mutate_object(struct mutator *m, struct ir_object *o);

#endif
