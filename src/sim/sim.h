/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * sim: a packet's walk through hooks, tables, chains and rules.
 *
 * One struct sim is one ruleset on one host with its connection table. Packets are walked one after
 * the other; what happens to each is told to an observer as it happens, so that nothing of a walk
 * has to be kept and every output sees the packet as it is at that step.
 */
#ifndef IPTC2NFT_SIM_H
#define IPTC2NFT_SIM_H

#include "ir.h"
#include "sim/packet.h"
#include "sim/route.h"

enum sim_verdict {
	SIM_DELIVERED, SIM_FORWARDED, SIM_SENT, SIM_DROPPED, SIM_REJECTED, SIM_QUEUED, SIM_STOLEN,
	SIM_VERDICTS,
};
extern const char *const sim_verdict_names[SIM_VERDICTS];

enum sim_event_kind {
	EVENT_STEP,    /* a kernel function: text, hook where it is one */
	EVENT_TABLE,   /* a table is consulted at a hook */
	EVENT_RULE,    /* a rule matched: its target follows */
	EVENT_MISS,    /* a rule was looked at and did not match: inst says why */
	EVENT_UNKNOWN, /* a rule could match or not: taken as no match. inst says why */
	EVENT_BRANCH,  /* another way begins here, on which it matches: branch.h */
	EVENT_RETURN,  /* the end of a user chain */
	EVENT_POLICY,  /* the end of a built-in chain */
	EVENT_CHANGE,  /* a field was written: inst or text */
	EVENT_ROUTE,   /* the routing decision: route */
	EVENT_CT,      /* connection tracking has looked at the packet: text */
	EVENT_NAT,     /* addresses or ports were translated: text */
	EVENT_TCPDUMP, /* a capture sees the packet here */
	EVENT_NOTE,    /* anything else worth knowing: text */
	EVENT_VERDICT, /* the end */
};

struct sim_event {
	uint8_t kind;
	uint8_t hook, table;
	uint8_t verdict;                 /* VERDICT, POLICY (drop) */
	const struct ir_chain *chain;    /* RULE … POLICY; NULL: a built-in chain not in the input */
	const struct rule *rule;
	uint32_t number;                 /* of the rule, from 1 */
	const struct inst *inst;
	const struct route_answer *route;
	const char *text;
};

/*
 * What can't be known, of one walk: the condition that is met as number n holds when yes[n] does, and
 * those further on don't. Without any yes it is the way that trace and summary follow.
 */
#define BRANCH_DEPTH 16
struct sim_choices {
	bool yes[BRANCH_DEPTH];
	uint32_t n;                      /* of yes; the last one is true */
	uint32_t met;
	bool silent;                     /* nothing is told before the last choice */
	uint32_t nassumed;
	const struct inst *which[BRANCH_DEPTH]; /* the conditions that were met */
	struct sim_event assumed[BRANCH_DEPTH]; /* the rules of those that hold */
};

/* What goes back to the sender of a packet that was refused. */
struct sim_error {
	bool given, reset;   /* a RST, or an ICMP error: */
	uint8_t type, code;
	uint32_t info;       /* the MTU */
};

struct sim;
struct follow;
typedef void (*sim_observer)(void *arg, const struct sim *s, const struct sim_packet *p,
			     const struct sim_event *e);

struct frame {
	const struct ir_chain *chain;
	const struct ir_rule *next;
	const struct ir_chain *source;   /* the chain of the input that this is, or is a part of */
	const struct ir_chain *line;     /* the one that holds the rule of the input: source or its rest */
	uint32_t number;                 /* of next, in source */
	const struct ir_rule *owner;     /* in a piece of a rule: the rule of the input */
	uint32_t owner_number;
};

struct sim {
	struct arena *arena;
	const struct ir *ir;
	const struct host *host;
	uint64_t now_ms;
	uint64_t epoch; /* wall clock at now_ms 0, for -m time */
	uint32_t npackets;
	sim_observer observer;
	void *observer_arg;
	bool wants_misses;               /* the observer looks at EVENT_MISS */
	bool wants_notes;                /* and at events that are but text */
	bool ct_on;                      /* connection tracking is on in this namespace */
	struct conn_table *conns;
	struct state_table *states;      /* of limits, quotas, counters */
	struct dynamic *dynamics;        /* elements that packets added to sets */
	struct frag_table *frags;
	struct frame *stack;
	uint32_t stack_cap;
	enum hook_id hook;               /* while a hook runs */
	enum table_id table;
	const struct ir_rule *rule;      /* the rule of the input that is being looked at */
	const struct ir_chain *chain;
	uint32_t number;
	struct sim_event last;           /* the rule or policy that came last */
	struct sim_choices choices;
	struct sim_error error;
	const struct follow *follow;     /* or NULL */
	uint32_t provoked;               /* number of the packet among those that npackets has provoked */
	const char *why;                 /* what decided, where no rule did; a constant */
	uint64_t random;                 /* state of the port choice */
	struct sim_packet spare[3];      /* follow.c's: their buffers are used again */
};

void sim_init(struct sim *s, struct arena *a, const struct ir *ir, const struct host *h);

/* Walk one packet. *p is changed on the way: it is the packet as it ended. */
enum sim_verdict sim_walk(struct sim *s, struct sim_packet *p);

/* Tell the observer. */
void sim_tell(struct sim *s, const struct sim_packet *p, const struct sim_event *e);
void sim_note(struct sim *s, const struct sim_packet *p, enum sim_event_kind kind, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));

/* What a rule, chain or hook says about a packet. */
enum sim_result {
	RESULT_PASS,   /* an instruction: go on; a rule: matched, go on with the next */
	RESULT_FAIL,   /* did not match */
	RESULT_UNKNOWN,
	RESULT_ACCEPT, RESULT_DROP, RESULT_RETURN, RESULT_JUMP, RESULT_GOTO,
	RESULT_REJECT, RESULT_QUEUE, RESULT_STOLEN,
};

/* exec.c: one instruction; *target: the chain of JUMP and GOTO. */
enum sim_result exec_inst(struct sim *s, struct sim_packet *p, const struct inst *i,
			  const struct ir_chain **target);
/* Does a value, as it was loaded and transformed, pass the test? */
bool test_holds(const struct inst_test *t, const struct value *v);
/* chain.c: one table at one hook. */
enum sim_result chain_run(struct sim *s, struct sim_packet *p, enum table_id t, enum hook_id h);
/* hook.c: all that is at one hook. */
enum sim_result hook_run(struct sim *s, struct sim_packet *p, enum hook_id h);

#endif
