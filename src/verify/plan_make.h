/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * plan_make: the making of a plan.
 *
 * A goal is a clause of a rule, to be hit, or missed by one of its tests. What has to hold for it, the
 * clause's tests and those of the jumps that lead there, are wants. The solver finds a draft of a packet
 * that satisfies them; the simulator tells whether the packet gets there; a rule that caught it on
 * the way is avoided by one more want. What reached its goal is kept.
 */
#ifndef IPTC2NFT_VERIFY_PLAN_MAKE_H
#define IPTC2NFT_VERIFY_PLAN_MAKE_H

#include "sim/sim.h"
#include "verify/plan.h"
#include "verify/plan_value.h"

#define PLAN_BYTES_MAX 1500 /* of a packet */
#define PLAN_WANTS_MAX 160
#define PLAN_STEPS_MAX 40
#define PLAN_SHOT_MAX  12

/* One thing that is asked of a field. */
struct plan_want {
	const struct operand *on;
	const struct inst_test *test; /* or NULL: the transformed value is within lo … hi */
	struct value lo, hi;
	bool hold;              /* false: it must not */
	bool reverse;           /* asked of the packet that goes the other way */
	bool bytes;             /* asked of the bytes that are there, whatever the protocol */
	bool chosen;
	struct value choice;    /* the field's value to try, and no other */
};

struct plan_wants {
	struct plan_want w[PLAN_WANTS_MAX];
	unsigned n;
};

/* How the packet stands to connection tracking, and what has to be sent before it. */
enum plan_mode {
	MODE_FRESH,   /* opens a connection */
	MODE_REPLY,   /* the answer to a packet that is sent before it */
	MODE_FOLLOW,  /* opened, answered, and this */
	MODE_RELATED, /* an ICMP error about a packet that is sent before it */
	MODE_INVALID,
	PLAN_MODES
};

struct plan_patch {
	uint8_t base; /* enum payload_base */
	uint16_t off, bits;
	struct value v;
};

/* An IPv6 extension header, a TCP or IPv4 option or an SCTP chunk. */
struct plan_option {
	uint8_t kind; /* enum field_kind */
	uint8_t type;
	bool present;
	uint8_t npatches;
	struct plan_patch patches[4];
};

struct plan_draft {
	bool local;
	bool comes_back; /* local, and what counts is its way back in over lo */
	const struct host_iface *in, *bound;
	struct addr src, dst;
	uint8_t proto, pkttype, mode;
	uint8_t smac[6];
	uint32_t mark, uid, gid;
	uint32_t len; /* 0: what the headers take */
	uint16_t sport, dport;
	uint16_t npatches, noptions;
	bool bad_sum;
	uint16_t words; /* of a TCP header, as it says; 0: as long as it is */
	uint16_t frag; /* a fragment: IPv4's flags and offset; 0: it is none */
	uint16_t cut; /* bytes of the transport header that are there, and one; 0: all; or … */
#define PLAN_BROKEN UINT16_MAX /* an extension header that is longer than the packet: */
	uint8_t broken;
	struct plan_patch patches[32];
	struct plan_option options[16];
};

/* What is sent for one goal, in order; the last is the one that counts. */
struct plan_shot {
	struct verify_packet p[PLAN_SHOT_MAX];
	uint8_t bytes[PLAN_SHOT_MAX][PLAN_BYTES_MAX];
	unsigned n;
};

struct plan_caller {
	struct plan_caller *next;
	const struct ir_chain *chain;
	const struct ir_rule *rule;
	const struct ir_clause *clause;
};

struct plan_step {
	const struct ir_chain *chain;
	const struct ir_rule *rule;
	const struct ir_clause *clause;
};

/* An edge that was not got to at first. */
struct plan_later {
	struct plan_step step;
	const struct inst *focus;
	bool miss, chosen;
	struct value value;
};

struct plan_laters {
	struct plan_later *v;
	uint32_t n, cap;
};

/* What a walk has shown. */
struct plan_watch {
	const struct inst *counter;  /* of the clause that is aimed at, or NULL */
	const struct ir_rule *rule;  /* the rule of the input that is aimed at */
	const struct inst *focus;    /* the test to be missed by, or NULL */
	const struct ir_rule *last;  /* the last rule that was looked at */
	bool hit, looked, missed;
	const struct ir_chain *policy; /* whose policy dropped the packet */
	bool dropped;                /* at the last */
	uint8_t hook;                /* where it was last */
	unsigned nmatched;
	struct {
		const struct ir_chain *chain;
		const struct rule *rule;
		const struct inst *counter;
	} matched[96];
};

struct planner {
	struct arena *arena;
	const struct ir *ir;
	struct host *host;
	struct sim sim;
	struct arena trials;           /* the simulation's, renewed now and then */
	uint32_t ntrials;
	struct plan_values edges;      /* plan_pick()'s */
	struct plan_random random;
	unsigned family, abytes;
	struct plan_caller **callers;  /* by chain id */
	struct plan_caller *effects;   /* clauses that write marks, stop tracking or translate */
	struct plan_caller **accepts;  /* by hook and table: clauses that accept */
	struct addr *addrs;            /* that the ruleset names */
	uint32_t naddrs, addrs_cap;
	struct plan_watch watch;
	struct sim_packet packet;      /* being walked */
	struct plan_shot shot;         /* being tried */
	uint8_t edge[PLAN_BYTES_MAX];  /* plan_state.c's */
	struct verify_packet *out;
	uint32_t nout, out_cap, limit;
	uint32_t **hits;               /* by chain id and number */
	uint32_t *passed;              /* packets of the plan that opened a connection and passed */
	uint32_t npassed, passed_cap;
	uint32_t next_port, next_id;
	uint32_t pauses, nprobes;      /* ms; rules that remember */
	struct plan_laters *later;     /* or NULL: nothing is put off */
	uint64_t work, work_max;       /* rules looked at */
	bool options;                  /* targets change TCP options */
	bool grows;                    /* the limit is ours, not the user's */
	bool counting;                 /* hits are noted */
};

/* plan_host.c */
bool plan_host(struct planner *pl, struct diags *d, const struct verify_wish *w);
const struct addr *plan_some_addr(struct planner *pl);
/* Somewhere behind an interface, with a public address. */
struct addr plan_far(struct planner *pl, const struct host_iface *dev);
/* A neighbour on the interface's subnet. */
struct addr plan_neighbour(struct planner *pl, const struct host_iface *dev, unsigned n);

/* plan_solve.c */
bool plan_solve(struct planner *pl, const struct plan_wants *w, enum hook_id hook,
		struct plan_draft *d);
bool plan_want_value(const struct plan_want *w, const struct value *v);

/* plan_place.c: interfaces and addresses, so that the routing leads to the hook */
enum plan_slot { SLOT_PROTO, SLOT_SRC, SLOT_DST, SLOT_IN, SLOT_OUT, SLOT_MARK, SLOT_UID, SLOT_GID,
		 SLOT_PKTTYPE, SLOT_LENGTH, SLOT_STATE, SLOT_BITS, SLOT_OPTION, SLOT_OTHER };
enum plan_slot plan_slot(const struct plan_want *w);
bool plan_place(struct planner *pl, const struct plan_wants *w, enum hook_id hook,
		struct plan_draft *d);
/* A value for the wants of a slot (and region) that @fits accepts; edges first, then @more. */
typedef bool (*plan_fits)(struct planner *pl, const struct value *v, void *arg);
bool plan_pick(struct planner *pl, const struct plan_want *const *w, unsigned n, unsigned bytes,
	       const struct value *more, unsigned nmore, plan_fits fits, void *arg, struct value *out);

/* plan_build.c */
void plan_build(struct planner *pl, const struct plan_draft *d, struct verify_packet *p,
		uint8_t *bytes);
void plan_sum(struct planner *pl, struct verify_packet *p, uint8_t *bytes);
/* The draft and what goes before it. */
void plan_shoot(struct planner *pl, const struct plan_draft *d, struct plan_shot *s);
/* The answer of the other end to @p; false: it has none. */
bool plan_reply(struct planner *pl, const struct verify_packet *p, struct verify_packet *r,
		uint8_t *bytes);
/* The answer to a packet as it was when it left or was delivered; @p: as it was sent. */
bool plan_answer(struct planner *pl, const struct sim_packet *last, const struct verify_packet *p,
		 struct verify_packet *r, uint8_t *bytes);
/* What the opener of a connection sends when it has its answer. */
void plan_follow(struct planner *pl, const struct verify_packet *p, struct verify_packet *f,
		 uint8_t *bytes);
/* From another port, or with another number of its question, which makes it a connection of its own.
 * false: it has none. */
bool plan_other_port(struct planner *pl, struct verify_packet *p, uint8_t *bytes);
/* An ICMP error about @p, from the other end. */
void plan_error(struct planner *pl, const struct verify_packet *p, uint8_t type, uint8_t code,
		struct verify_packet *e, uint8_t *bytes);
/* It comes from a router there. */
void plan_error_from(struct planner *pl, struct verify_packet *e, uint8_t *bytes,
		     const struct host_iface *in, const struct addr *router);

/* plan_walk.c */
void plan_walk_afresh(struct planner *pl); /* a new simulation */
void plan_watch_start(struct planner *pl);
/* A packet as the simulation takes it; *p is used again for the next one. */
void plan_dress(struct arena *a, const struct verify_packet *v, struct sim_packet *p);
enum sim_verdict plan_walk(struct planner *pl, const struct verify_packet *p, bool watched);
void plan_keep(struct planner *pl, const struct plan_shot *s, uint32_t aim);

/* plan_aim.c */
void plan_seeds(struct planner *pl); /* packets to begin with, at every hook */
void plan_goals(struct planner *pl);
/* plan_state.c: the packet made for a rule that remembers, again and again */
void plan_remember(struct planner *pl, const struct ir_clause *k, uint32_t line);
/* plan_wild.c: a share of what no rule asks for */
void plan_wild(struct planner *pl, uint32_t n);

#endif
