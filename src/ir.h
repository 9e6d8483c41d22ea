/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ir: the intermediate representation: chains of rules, each a few clauses of instructions.
 *
 * Invariants after lowering:
 *  - A rule's clauses are alternatives: for any packet at most one of them passes all its tests, or
 *    a passed one ends the evaluation (terminal verdict). One clause is one nft rule. Most rules have one.
 *  - Guard clauses come first; a packet that passes one is dropped where xtables would hotdrop it.
 *  - Order inside a clause: tests, COUNTER, actions, at most one VERDICT, last.
 *  - Instructions speak of typed fields, never of registers.
 *  - NEED_HEADER is there until guard.c has expanded it; nft backends never see it.
 */
#ifndef IPTC2NFT_IR_H
#define IPTC2NFT_IR_H

#include "ruleset.h"
#include "field.h"

enum inst_kind {
#define INST(kind, member, text) INST_##kind,
#include "inst.def"
	INST_COUNT
};

enum test_op {
	TEST_EQ, TEST_NE, TEST_LT, TEST_GT, TEST_LE, TEST_GE,
	TEST_IN,    /* any of the ranges (one range: a range comparison; several: an anonymous set) */
	TEST_NOTIN, /* none of them */
};

struct inst_test {
	struct operand lhs;
	uint8_t op;
	uint8_t prefix; /* EQ, NE on TEXT fields: compare only the first `prefix` bytes; 0: all */
	uint32_t n;                      /* ranges of IN and NOTIN, in the order given */
	union {
		struct value value;      /* EQ … GE. IFNAME: see prefix */
		struct value_range *ranges;
	};
};

struct inst_lookup {
	struct ir_set *set;
	struct operand *key;
	uint8_t nkey;
	bool invert;
};

/* Of the options of a TCP header: nothing; all that the header says are in the packet; an MSS also
 * has its length. */
enum need_options { NEED_NO_OPTIONS, NEED_OPTIONS, NEED_OPTIONS_MSS };

/* inst_need_header.proto of extension headers, beside their numbers. Only nft's walk knows them. */
#define NEED_WALK  255 /* it gets to what follows the headers */
#define NEED_NO_AH 254 /* if it gets there, that is not AH */
#define NEED_PORTS 253 /* it gets there, and that is neither AH nor, in whole packets, nothing (59) */

struct inst_need_header {
	uint8_t proto;     /* the transport protocol known to be matched; 0: several */
	uint16_t bytes;    /* from the start of the transport header; 0: only "not a later fragment" */
	bool exthdr;       /* IPv6: ipv6_find_hdr() has to get to extension header `proto`, or past all */
	bool fragments;    /* a later fragment's data is taken for the header: can't be kept */
	bool frag1_drops;  /* tcp: a fragment at offset 1 (8 bytes) hotdrops */
	uint8_t options;   /* enum need_options */
	bool hotdrop;      /* too short: drop; false: only fails (BREAK) */
};

enum { PER_SECOND = 1, PER_MINUTE = 60, PER_HOUR = 3600, PER_DAY = 86400, PER_WEEK = 604800 };

struct inst_limit {
	uint64_t rate;
	uint32_t unit; /* seconds */
	uint32_t burst;
	bool bytes, over;
};

struct inst_quota {
	uint64_t bytes;
	bool over;
};

struct inst_connlimit {
	uint32_t count;
	bool over;
};

enum dynset_op { DYNSET_ADD, DYNSET_UPDATE, DYNSET_DELETE };

struct inst_dynset {
	uint8_t op;
	bool invert;
	struct ir_set *set;
	struct operand *key;
	uint8_t nkey;
	uint64_t timeout; /* ms; 0: the set's */
	struct inst *exprs; /* LIMIT, QUOTA, CONNLIMIT, COUNTER: state of the element */
	const struct operand *data; /* maps: the value stored, or NULL */
};

struct inst_objref {
	struct ir_object *object;
};

struct inst_counter {
	struct counters initial;
};

/* syslog: level and flags (NF_LOG_*); nflog: group, snaplen, threshold */
struct inst_log {
	bool nflog;
	const char *prefix; /* "" for none */
	uint8_t level;      /* LOGLEVEL_*, 4 is the default; nft's own default is 4 (warn) */
	uint8_t flags;      /* NF_LOG_TCPSEQ, … */
	uint16_t group;
	uint32_t snaplen;
	bool has_snaplen;
	uint16_t threshold; /* 0: not given */
};

struct map_entry {
	struct value_range key;
	struct value_range data; /* lo == hi unless the destination takes a range */
};

struct inst_assign {
	struct operand dst;
	enum { ASSIGN_VALUE, ASSIGN_OPERAND, ASSIGN_MAP, ASSIGN_LOOKUP } from;
	struct value value;
	struct operand src;        /* OPERAND; MAP, LOOKUP: the (first) key */
	struct map_entry *entries; /* MAP: anonymous; a packet without entry does not match the rule */
	uint32_t nentries;
	struct ir_set *map;        /* LOOKUP: named map */
	struct operand *key;       /* LOOKUP: concatenation */
	uint8_t nkey;
};

enum nat_kind { NAT_SNAT, NAT_DNAT, NAT_MASQUERADE, NAT_REDIRECT };

#define NAT_RANDOM       (1u << 2) /* NF_NAT_RANGE_PROTO_RANDOM */
#define NAT_PERSISTENT   (1u << 3) /* NF_NAT_RANGE_PERSISTENT */
#define NAT_FULLY_RANDOM (1u << 4) /* NF_NAT_RANGE_PROTO_RANDOM_FULLY */
#define NAT_NETMAP       (1u << 6) /* NF_NAT_RANGE_NETMAP */

struct inst_nat {
	uint8_t kind;
	uint8_t flags;
	bool has_addr, has_port;
	struct addr addr_lo, addr_hi;
	uint16_t port_lo, port_hi;
	/* Port from a map (shifted ranges): key operand and entries; has_port is false then. */
	struct operand *port_key;
	struct map_entry *port_map;
	uint32_t nport_map;
};

enum reject_kind { REJECT_ICMP, REJECT_TCP_RESET };

struct inst_reject {
	uint8_t kind;
	uint8_t code; /* ICMP or ICMPv6 unreachable code of the ruleset's family */
};

struct inst_tproxy {
	bool has_addr;
	struct addr addr;
	uint16_t port; /* 0: the packet's own */
};

struct inst_queue {
	uint16_t num, total;
	bool bypass, fanout;
};

struct inst_dup {
	struct addr gateway;
	const char *oif; /* or NULL */
};

struct inst_synproxy {
	uint16_t mss;
	uint8_t wscale;
	uint8_t flags; /* NF_SYNPROXY_OPT_* */
};

struct inst_notrack {
	char unused;
};

struct inst_tcpopt_strip {
	uint8_t kind;
};

enum verdict_kind { VERDICT_ACCEPT, VERDICT_DROP, VERDICT_RETURN, VERDICT_JUMP, VERDICT_GOTO };

struct inst_verdict {
	uint8_t kind;
	struct ir_chain *chain;
};

struct inst_compat {
	const struct ext *ext;
	struct compat_blob *blob;
};

struct sim_packet; /* src/sim */

/* What an inexpressible extension does, for the simulator: 1 match, 0 no match, -1 hotdrop, -2
 * unknown offline. Targets: 0 continue, 1 drop, 2 accept. */
typedef int (*opaque_eval)(const struct ext_use *u, struct sim_packet *p);

struct inst_opaque {
	const struct ext_use *use;
	const char *reason;
	opaque_eval eval; /* NULL: unknown offline */
};

struct inst {
	struct inst *next;
	uint8_t kind; /* enum inst_kind */
	struct span at;
	union {
#define INST(kind, member, text) struct inst_##member member;
#include "inst.def"
	};
};

/* A new instruction of exactly its kind's size. */
struct inst *inst_new(struct arena *a, enum inst_kind kind, struct span at);
struct inst *inst_copy(struct arena *a, const struct inst *i);
/* All of one of the same kind, its successor too. */
void inst_restore(struct inst *i, const struct inst *from);
extern const char *const inst_names[INST_COUNT];

struct ir_clause {
	struct ir_clause *next;
	struct inst *first, **last;
	bool guard;
	uint32_t branch; /* lowering's own */
};

struct ir_rule {
	struct ir_rule *next;
	const struct rule *rule; /* NULL in synthesised chains */
	struct ir_clause *clauses, **last;
	const char *comment; /* iptables --comment, or NULL; all of them joined */
	uint32_t comment_len;
	bool refused; /* has an OPAQUE instruction */
};

/* A jump or goto to another chain. Several to the same one may be noted as one, the first. */
struct ir_edge {
	struct ir_edge *next;
	struct ir_chain *to;
	struct span at;
};

/* A chain of the output. User chains and built-in ones have src; synthesised ones (pieces of a
 * rule that need a chain of their own) don't. */
struct ir_chain {
	struct ir_chain *next;
	const char *name;      /* "filter-INPUT"; any bytes */
	const char *nft_name;  /* loadable form (names.c) */
	enum table_id table;
	const struct hook_info *hook; /* NULL: not a base chain */
	bool policy_drop;
	const struct chain *src;
	struct ir_rule *rules, **last;
	struct ir_rule *middle; /* about half of the rules come before it; NULL: not known */
	uint32_t nrules;
	uint32_t id; /* position in ir->chains */
	bool helper;  /* synthesised */
	bool calls;   /* may have rules that jump or go to others */
	struct ir_edge *edges, *latest_edge; /* where to, from ir_edges_find() on; in order */
	struct ir_chain *rest; /* where the rules from some point on are, see lower_split(); or NULL */
};

/* Rules and their instructions lie behind each other, mostly: fetch what is some rules ahead of @r. A macro, since gcc
 * leaves out calls of functions that do nothing else. */
#define IR_PREFETCH(r)                                                   \
	do {                                                             \
		for (unsigned at_ = 1024; at_ < 1024 + 448; at_ += 64)   \
			__builtin_prefetch((const char *)(r) + at_);     \
	} while (0)

/* The input's rules of a chain in order, wherever they are: the first, and the one after @r. @c follows. */
struct ir_rule *ir_source_rule(const struct ir_chain **c, const struct ir_rule *r);

#define SET_INTERVAL (1u << 0)
#define SET_TIMEOUT  (1u << 1)
#define SET_DYNAMIC  (1u << 2)
#define SET_MAP      (1u << 3)
#define SET_CONSTANT (1u << 4)

struct set_element {
	struct value_range *key; /* one per component */
	struct value data;
	uint64_t timeout, expires; /* ms; 0: none */
	bool has_counters;
	struct counters counters;
	const char *comment;
};

struct set_key {
	struct operand of; /* typeof; its width and type are the component's */
};

/* A named set or map of our table. */
struct ir_set {
	struct ir_set *next;
	const char *name, *nft_name;
	struct set_key *key;
	uint8_t nkey;
	uint8_t flags;
	struct operand data; /* maps */
	uint64_t timeout;    /* ms, default of elements */
	uint32_t gc_interval; /* ms */
	uint32_t size;       /* 0: not given */
	bool unknown;        /* explain: nobody has said what it holds */
	struct inst *exprs;  /* stateful expressions of every element */
	struct set_element *elements;
	uint32_t nelements, cap;
	const char *comment;
	struct span at; /* first use */
	void *owner;    /* the lowering's own bookkeeping (shared state by name) */
};

enum object_kind { OBJECT_COUNTER, OBJECT_QUOTA, OBJECT_LIMIT, OBJECT_CT_HELPER, OBJECT_CT_TIMEOUT,
		   OBJECT_CT_EXPECT, OBJECT_SECMARK, OBJECT_SYNPROXY, OBJECT_CONNLIMIT };

struct ir_object {
	struct ir_object *next;
	enum object_kind kind;
	const char *name, *nft_name;
	union {
		struct inst_counter counter;
		struct inst_quota quota;
		struct inst_limit limit;
		struct {
			const char *helper;
			uint8_t l4proto;
		} ct_helper;
		const char *secmark;
	};
	struct span at;
};

/* See notable.h. */
struct ir_notables {
	struct ir_notable *first, *last;
};

struct ir {
	struct arena *arena;
	struct diags *diags;
	const struct ruleset *rs;
	unsigned family;            /* FAMILY_IPV4 or FAMILY_IPV6 */
	const char *table_name;     /* one nft table (the default layout) */
	bool split_tables;
	unsigned named; /* iptables tables whose nft table has to have their name (IN_TABLE() bits) */
	unsigned found; /* tables of such names in the kernel that an earlier run made, likewise */
	bool source_lines;
	enum iptc2nft_counters counters;
	enum iptc2nft_hotdrop hotdrop;
	struct ipsets *ipsets; /* that rules name, given or inferred; NULL: no rule names one */
	bool compat;       /* --unsupported=compat */
	bool queue_target; /* the kernel has no expression for queues: NFQUEUE's target, through nft_compat */
	bool defrag; /* a rule turns connection tracking or defragmentation on: no fragments are seen */
	struct ir_chain *chains, **last_chain; /* base chains by hook and priority, user chains, helpers */
	struct ir_chain *helpers; /* the first synthesised chain, or NULL */
	uint32_t nchains;
	struct ir_set *sets, **last_set;
	struct ir_object *objects, **last_object;
	struct ir_notables notables;
	uint32_t nrules, nrefused;
};

#endif
