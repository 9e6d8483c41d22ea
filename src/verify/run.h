/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * run: one side of a verification: a process in a network namespace of its own that loads a
 * ruleset, sends the plan's packets and notes what became of each.
 *
 * Both sides run at the same time, neither more than a few packets ahead of the other, so that what
 * depends on time (limits, timeouts) meets both alike. They talk to the parent through shared memory.
 */
#ifndef IPTC2NFT_VERIFY_RUN_H
#define IPTC2NFT_VERIFY_RUN_H

#include <stdatomic.h>
#include <sys/types.h>
#include "context.h"
#include "verify/load.h"
#include "verify/observe.h"
#include "verify/plan.h"
#include "verify/rules.h"
#include "verify/signature.h"

enum side_step { SIDE_STARTING, SIDE_READY, SIDE_DONE, SIDE_FAILED };

/* What a side has kept of the packets that are looked at closely. */
struct record {
	uint32_t packet;
	uint32_t size; /* of the record with bytes and texts, a multiple of 8 */
	uint8_t kind;  /* enum seen_kind */
	uint8_t hook;
	uint16_t group;
	uint32_t in, out; /* position in host->ifaces from 1; 0: none */
	uint32_t mark;
	uint32_t rule;	 /* TRACE: its number, RULE_NONE: a policy, a return or none of the input's */
	uint32_t len;	 /* bytes, behind this structure */
	char verdict[16];
	char text[72]; /* prefix; TRACE: table and chain */
};

#define RECORDS_SIZE (4u << 20)

struct side {
	_Atomic uint32_t step; /* enum side_step */
	_Atomic uint32_t sent; /* packets */
	_Atomic bool peer_gone;
	uint32_t done; /* sent when it ended: fewer than wanted when time was up */
	uint64_t seen, logs;
	uint32_t records_len;
	bool records_full, input;  /* input: what was refused is the ruleset, not the machine */
	char error[4096];
	struct signature *signatures; /* of each packet */
	uint64_t *hits, *policies;
	uint32_t *ports; /* of each packet behind all translations: draws.h */
	uint64_t *says; /* what each rule's LOG says: logs.h */
	uint8_t *records;
};

enum side_kind { SIDE_REFERENCE, SIDE_OURS };

struct verify_setup {
	struct iptc2nft *ctx;
	const struct verify_plan *plan;
	const struct rules *rules;
	const struct observe_groups *groups;
	enum verify_reference reference;
	const char *text; /* the original */
	size_t text_len;
	const char *ipset; /* what `ipset restore` takes, or NULL */
	/* Tests damage our side here, in its own process, between compiling and applying. */
	void (*before_apply)(struct iptc2nft *ctx, void *arg);
	void *before_apply_arg;
};

struct run_wish {
	enum side_kind kind[2]; /* of the two sides; equal: a side against itself */
	uint32_t packets;	/* the first so many of the plan */
	bool shake;		/* irregular pauses, for what depends on time */
	uint32_t seed;		/* of those */
	bool trace;
	const uint32_t *keep; /* packets to record, ascending */
	uint32_t nkeep;
	const bool *watch; /* by rule: keep only that these matched, of all packets; NULL: none */
	uint32_t send_ms; /* stop sending after so long */
};

/* Shared memory for a pair of sides; NULL: none. */
struct side *sides_new(const struct verify_setup *s);
void sides_free(struct side *pair, const struct verify_setup *s);

/*
 * run_pair - both sides, from namespace to counters
 * @progress: called some times a second with the packets sent
 * Returns an enum iptc2nft_status; the reason is in one side's error.
 */
int run_pair(const struct verify_setup *s, const struct run_wish *w, struct side *pair,
	     void (*progress)(void *arg, uint32_t sent), void *arg);

uint64_t run_now_ms(void);

#endif
