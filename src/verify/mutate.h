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

/* A line for each: number, place in the input, what is changed. Returns how many there are. */
uint32_t verify_mutants(struct ir *ir, struct buffer *out);

/* Make one; *what: its line. false: there are fewer. */
bool verify_mutate(struct ir *ir, uint32_t number, struct buffer *what);

/* For mutate_inst.c: the walk over all places that can be damaged. */
struct mutator {
	struct ir *ir;
	struct arena *arena;
	struct buffer *out;  /* lines, or NULL */
	uint32_t wanted, n;  /* 0: only count */
	struct span rule, at;
	const struct ir_chain *chain;
	bool guard;          /* in a guard clause */
};

/* Is it this one? Then the caller makes the change. */
bool mutate_here(struct mutator *m, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* The changes of one instruction that stays where it is. */
void mutate_inst(struct mutator *m, struct inst *i);
void mutate_set(struct mutator *m, struct ir_set *s);
void mutate_object(struct mutator *m, struct ir_object *o);

#endif
