/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * prove: does any packet get to this clause in such a state?
 *
 * Requires lowered chains without loops. A search for a packet: what is known of it is what it is
 * asked for and what the jumps to the clause ask; a clause before it that would end its way is one
 * more question, and each test by which that may fail another branch. "No" is certain; "yes" means
 * that none was excluded, or that the search became too long.
 */
#ifndef IPTC2NFT_VERIFY_PROVE_H
#define IPTC2NFT_VERIFY_PROVE_H

#include "reach.h"
#include "verify/space.h"

#define PROVE_DEPTH 24

/* A clause by its place in its chain, counted over all rules. */
struct spot {
	const struct ir_chain *chain;
	uint32_t at;
};

struct spot_clause {
	const struct ir_rule *rule;
	const struct ir_clause *clause;
};

struct prove_caller {
	struct prove_caller *next;
	struct spot at;
};

struct prover {
	struct ir *ir;
	struct arena *arena;
	struct chain_reach *reach;
	struct spot_clause **clauses; /* by chain id */
	uint32_t *nclauses;
	struct prove_caller **callers;
	struct prove_writer *writers[TABLE_COUNT]; /* what changes packets */
	const struct fact *base;		   /* what holds for every packet */
	struct fact tracked;
	struct inst_test untracked;
	uint32_t work, paths;			   /* what is left */
};

/* A way to a clause: it, the clause that calls its chain, and so on up to a base chain. */
struct prove_path {
	struct spot step[PROVE_DEPTH];
	unsigned n;
};

void prove_init(struct prover *p, struct arena *a, struct ir *ir);

/* The first clause of a rule. */
struct spot prove_spot(const struct prover *p, const struct ir_chain *c, const struct ir_rule *r);
const struct ir_clause *prove_clause(const struct prover *p, struct spot s);

bool prove_may_reach(struct prover *p, struct spot s, const struct fact *facts);

/*
 * prove_silent - whatever a clause does with a packet like that, short of accepting it, it ends in
 * the policy: no clause behind it counts it, logs it or changes it, on any way
 * @drop: the policy; clauses that drop are no difference then
 * @returned: it returns from its chain
 */
bool prove_silent(struct prover *p, struct spot s, const struct fact *facts, bool drop,
		  bool returned);

/* Does a clause nothing that could be seen, short headers in helper chains included, if what it
 * drops (@drop) is dropped anyway? */
bool prove_quiet(const struct ir_clause *k, bool drop);

/* Is everything dropped before a base chain? */
bool prove_cut_off(const struct prover *p, const struct ir_chain *base);

/* Do all ways to a clause begin at this hook? */
bool prove_only_at(struct prover *p, struct spot s, unsigned hook);

/* Does a clause end the way through its chain for every packet that passes its tests? */
bool prove_ends(const struct prover *p, const struct ir_clause *k);

/* Do two clauses that write bits do the same in either order? */
bool prove_commute(const struct ir_clause *a, const struct ir_clause *b);

/*
 * prove_assume - *facts: and all tests of a clause hold, but for @but; of a guard: its header is
 * too short
 * @room: of PROVE_FACTS; what a clause has beyond is left out. false: they contradict.
 */
bool prove_assume(const struct prover *p, const struct ir_chain *c, const struct ir_clause *k,
		  const struct inst *but, const struct fact **facts, struct fact *room);
/* prove_add - one more, if it is the same for the whole table; false: it contradicts */
bool prove_add(const struct prover *p, unsigned table, const struct inst_test *t, bool holds,
	       const struct fact **facts, struct fact *room);
#define PROVE_FACTS 40 /* of one clause, and more are left out */

/* For prove.c, in prove_facts.c. */
/* A helper chain that a clause leads to and that does nothing but drop some packets; NULL: it leads
 * to none. */
const struct ir_chain *prove_helper(const struct ir_clause *k);
/* Is it the same for all clauses that a packet meets in this table? */
bool prove_constant(const struct prover *p, unsigned table, const struct inst_test *t);
/* It asks only whether the field is there, which no write changes. */
bool prove_presence(const struct inst_test *t);
/* Nothing but a clause's tests decides whether this instruction lets the packet go on. */
bool prove_sure(const struct inst *i);

#endif
