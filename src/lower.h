/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * lower: from typed arguments to instructions; what extensions call.
 *
 * Requires a finished ruleset without errors. Establishes the invariants of ir.h. The lowering of
 * a rule goes: header (addresses, interfaces, protocol, -f), matches in order, COUNTER, target.
 * An extension appends instructions with the functions below; each appends to every open clause.
 */
#ifndef IPTC2NFT_LOWER_H
#define IPTC2NFT_LOWER_H

#include "ext.h"
#include "ir.h"
#include "target.h"

struct lower {
	struct arena *arena;
	struct ir *ir;
	const struct ruleset *rs;
	const struct iptc2nft_options *opts; /* NULL after lowering */
	unsigned family;
	struct target_version target;
	bool compat;            /* --unsupported=compat */
	bool for_explain;
	const struct rule *rule;
	const struct rule_spec *spec;
	struct ir_chain *chain;
	struct ir_rule *out;
	uint32_t nbranches;     /* of the last fork */
	int32_t branch;         /* emit to this branch only, -1: to all */
	struct span at;         /* of the use being lowered: the span of new instructions */
	struct inst *pending;   /* emitted to the first open clause, not yet copied to the others */
	uint32_t nobjects[OBJECT_CONNLIMIT + 1]; /* of each kind so far */
	uint32_t nsplits;       /* helper chains made for rules that had to be split */
	struct ir_chain *split; /* where the rule being lowered goes on, see lower_split(); or NULL */
	struct ir_chain *rest;  /* and where the rules after it go, when its target is RETURN or -g */
	bool whole;             /* a match before fails on later fragments */
	bool in_target;         /* what is emitted is the target's */
	struct lower_note *notes; /* see lower_note() */
	bool late;              /* lower_late() has something to do */
	jmp_buf *ahead;         /* see lower_together(); or NULL */
	struct dict sets, helpers; /* the output's, by their names; helpers are chains that rules share */
	struct dict objects[OBJECT_CONNLIMIT + 1];
};

/* lower_ruleset - @rs to IR. Refusals become IPTC2NFT_SEV_UNSUPPORTED diagnostics. */
struct ir *lower_ruleset(struct ruleset *rs, const struct iptc2nft_options *opts);

/* Does loading this turn defragmentation on in its network namespace? Sets ir->defrag's truth. */
bool ir_defragments(const struct ir *ir);

/* lower_rule - append @rule to l->chain. */
void lower_rule(struct lower *l, const struct rule *rule);

/* The tests of a rule: header and matches. lower.c has it, for lower_late.c as well. */
void lower_rule_tests(struct lower *l, const struct rule_spec *s);

/*
 * lower_late - chains behind connection tracking that repeat raw's tests, for targets with late()
 * lower_late_obstacle - why raw's tests can't be repeated there; NULL: they can. Asking makes lower_late() do it.
 */
void lower_late(struct lower *l);
const char *lower_late_obstacle(struct lower *l);

/* thin_sets - comparisons for anonymous sets where there are very many; see thin_sets.c. */
void thin_sets(struct ir *ir);
/* Has it a test that would need an anonymous set? */
bool needs_sets(const struct ir_clause *k);

/* guard_expand - expand NEED_HEADER into tests and guard clauses; see guard.c. */
void guard_expand(struct ir *ir);

/* The call graph (depth.c): note all edges, once; and one that was made afterwards. */
void ir_edges_find(struct ir *ir);
void ir_edge_add(struct ir *ir, struct ir_chain *from, struct ir_chain *to, struct span at);

/* All chains of the output, every caller before the chains it jumps to. */
struct ir_chain **ir_callers_first(struct ir *ir);

/* lower_depth - refuse jumps deeper than nft's jump stack; see depth.c. */
void lower_depth(struct ir *ir);

/* Chains of the output; lower.c and guard.c make them. */
struct ir_chain *ir_chain_new(struct ir *ir, const char *name, enum table_id table);
struct ir_rule *ir_rule_new(struct ir *ir, struct ir_chain *c, const struct rule *rule);
struct ir_clause *ir_clause_new(struct ir *ir, struct ir_rule *r);
void ir_append(struct ir_clause *c, struct inst *i);

/* The rule is complete: copies to all clauses, shared state made shared. lower.c calls it. */
void lower_finish(struct lower *l);

/* Append to the open clauses (of the chosen branch). The span is the use being lowered. */
struct inst *lower_emit(struct lower *l, enum inst_kind kind);

/*
 * Tests. Numbers are in the field's own units; the width comes from the field.
 * @negate: the opposite test (for sets and ranges the whole of it).
 */
void lower_eq(struct lower *l, struct operand o, uint64_t v, bool negate);
void lower_cmp(struct lower *l, struct operand o, enum test_op op, uint64_t v);
void lower_range(struct lower *l, struct operand o, uint64_t lo, uint64_t hi, bool negate);
void lower_in(struct lower *l, struct operand o, const struct arg_range *r, uint32_t n, bool negate);
void lower_value(struct lower *l, struct operand o, const void *bytes, bool negate); /* field width */
void lower_value_range(struct lower *l, struct operand o, const void *lo, const void *hi, bool negate);
/* (o & mask) == value */
void lower_masked(struct lower *l, struct operand o, uint64_t mask, uint64_t value, bool negate);
/* (o & mask) != 0, or == 0 when negated: "any of these bits" */
void lower_any_bit(struct lower *l, struct operand o, uint64_t mask, bool negate);
void lower_masked_bytes(struct lower *l, struct operand o, const void *mask, const void *value,
			bool negate);
void lower_ifname(struct lower *l, enum field_id f, const struct iface *i);
void lower_never(struct lower *l);  /* a test that no packet passes */
void lower_exists(struct lower *l, struct operand o, bool negate);

/* The operand with one more transformation. */
struct operand operand_and(struct lower *l, struct operand o, uint64_t mask);
struct operand operand_xor(struct lower *l, struct operand o, uint64_t value);
struct operand operand_shift(struct lower *l, struct operand o, int right); /* negative: left */
struct operand operand_and_bytes(struct lower *l, struct operand o, const void *mask);

/* dst := value, dst := src */
void lower_set(struct lower *l, struct operand dst, uint64_t value);
void lower_copy(struct lower *l, struct operand dst, struct operand src);

/* The match looks into the transport header: see struct inst_need_header. */
void lower_need_header(struct lower *l, uint8_t proto, unsigned bytes, bool frag1_drops);
/* Do later fragments not get to the match being lowered: a match before, `! -f` or nat keeps them
 * away. */
bool lower_no_fragments(const struct lower *l);
/* The match being lowered fails on later fragments. */
void lower_keeps_fragments_away(struct lower *l);
/* The match walks through the options of TCP. @fragments: also of what it takes for a header in a
 * later fragment; guard.c refuses it with this reason where there may be some. */
#define NEED_FRAGMENTS_REASON                                                                   \
	"xtables takes the data of a later fragment for a header here, which nftables can't; with " \
	"'-m tcp' before this match such fragments are left alone by both"
void lower_need_tcp_options(struct lower *l, enum need_options what, bool fragments);
/* IPv6: the match looks for an extension header, or for more than nft finds (NEED_WALK, …): see
 * inst_need_header.exthdr. */
void lower_need_exthdr(struct lower *l, uint8_t type);

/*
 * Alternatives: lower_fork() copies every open clause @n times; lower_branch(i) makes the
 * following emissions go to the i-th copies only, lower_branch(-1) to all again. The branches must
 * be mutually exclusive. A rule may have at most LOWER_CLAUSES_MAX clauses (beyond: refused).
 * Rules with several clauses can't hold stateful instructions of their own (LIMIT, QUOTA, NUMGEN):
 * lower_emit() makes these named objects then, or refuses.
 */
#define LOWER_CLAUSES_MAX 64
void lower_fork(struct lower *l, unsigned n);
void lower_branch(struct lower *l, int i);

/* For lower_emit.c: does the rule hold state; go on in a chain of its own; share it (lower_share.c). */
bool lower_has_state(const struct ir_rule *r);
void lower_split(struct lower *l);
void lower_share_state(struct lower *l);

/*
 * A synthesised chain for this key, shared by all rules that ask for the same one; *fresh says
 * that it is empty and the caller has to fill it (lower_into()). Appends nothing to the rule:
 * use lower_jump().
 */
struct ir_chain *lower_helper_chain(struct lower *l, const char *key, bool *fresh);
/* Redirect emission into a new rule of @c until lower_back(); rules there count nothing. */
struct lower_saved {
	struct ir_rule *out;
	struct ir_chain *chain, *rest;
	uint32_t nbranches;
	int32_t branch;
};
void lower_into(struct lower *l, struct ir_chain *c, struct lower_saved *saved);
void lower_next_rule(struct lower *l); /* a further rule in the same synthesised chain */
void lower_back(struct lower *l, const struct lower_saved *saved);
void lower_jump(struct lower *l, struct ir_chain *c);
/* The verdict @i, a jump or goto, leads to @c. */
void lower_lead(struct lower *l, struct inst *i, struct ir_chain *c);
/* VERDICT_RETURN of a match in a chain made by lower_split(): the rule does not match. */
void lower_verdict(struct lower *l, enum verdict_kind v);

/* In a chain made by lower_split(): what was emitted stays a rule by itself, without counter, and the
 * rule of the input goes on in the next one. */
void lower_continue(struct lower *l);

/* The rule is complete: the rules after it go to l->rest when it made one. lower.c calls it. */
void lower_rule_done(struct lower *l);

/*
 * What follows changes more than the rule being lowered, or needs what rules before it have changed. A second
 * thread that lowers it ahead of its turn (lower_ahead.c) leaves it to the first.
 */
void lower_together(struct lower *l);

/* An extension's own bookkeeping for this ruleset; what it points to is NULL at first. */
void **lower_note(struct lower *l, const struct ext *e);

/* Named sets and objects of the output: found by name or made (*fresh). */
struct ir_set *lower_set_named(struct lower *l, const char *name, bool *fresh);
struct ir_object *lower_object(struct lower *l, enum object_kind kind, const char *name, bool *fresh);

/*
 * Refuse: the use can't be kept exactly. @at: the option to blame (or the use's own span),
 * the message completes "file:line:col: error: ". Emits OPAQUE for the simulator and the report, or
 * COMPAT under --unsupported=compat when the extension has that form. After it, return from
 * lower() without emitting more.
 */
void lower_refuse(struct lower *l, const struct ext_use *u, struct span at, opaque_eval eval,
		  const char *fmt, ...) __attribute__((format(printf, 5, 6)));

/* Likewise, where no single use is to blame. */
void lower_refuse_rule(struct lower *l, struct span at, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/* Family-dependent fields. */
static inline bool lower_v6(const struct lower *l)
{
	return l->family == FAMILY_IPV6;
}
static inline enum field_id field_saddr(const struct lower *l)
{
	return lower_v6(l) ? FIELD_IP6_SADDR : FIELD_IP_SADDR;
}
static inline enum field_id field_daddr(const struct lower *l)
{
	return lower_v6(l) ? FIELD_IP6_DADDR : FIELD_IP_DADDR;
}

#endif
