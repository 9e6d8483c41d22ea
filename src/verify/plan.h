/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * plan: the packets of a verification and the host that they meet.
 *
 * Both sides of a verification get the same host and the same packets in the same order. The plan
 * is drawn from the compiled ruleset's own constants, their boundaries and neighbours, and depends on
 * nothing but ruleset, host and seed.
 */
#ifndef IPTC2NFT_VERIFY_PLAN_H
#define IPTC2NFT_VERIFY_PLAN_H

#include "ir.h"
#include "sim/host.h"

struct verify_packet {
	const uint8_t *bytes; /* from the network header on */
	uint32_t len;
	const struct host_iface *in; /* arrives there, through its TAP device; NULL: sent by a raw socket */
	const struct host_iface *bound; /* local: SO_BINDTODEVICE, or NULL */
	uint32_t mark;	      /* local: SO_MARK */
	uint32_t uid, gid;    /* local: who opened the socket */
	uint8_t pkttype;      /* arriving: PACKET_HOST, …_BROADCAST, …_MULTICAST, …_OTHERHOST: the destination MAC */
	uint8_t smac[6];      /* arriving */
	uint32_t wait_ms;     /* pause before it: limits refill */
	uint32_t aim;	      /* line of the rule that it was made for; 0: none */
	uint32_t draw;	      /* its port is drawn by lot: which of the plan's draws, from 1; 0: none */
};

/* A rule that has the kernel draw a port. */
struct verify_draw {
	const struct rule *rule;
	bool source;	/* of the packet's source; or its destination */
	bool bounded;	/* by lo and hi */
	uint16_t lo, hi;
};

struct verify_plan {
	struct arena *arena;
	struct host *host; /* finished: host_finish() was called */
	struct verify_packet *packets;
	uint32_t npackets;
	struct verify_draw *draws;
	uint32_t ndraws;

	/* What the simulator expects of it: an estimate, where limits, clocks or random numbers decide. */
	uint32_t nrules, nhit;     /* of the rules that a built-in chain leads to */
	uint32_t nunreachable;     /* the others */
	const struct rule **unhit; /* the rules that no packet of the plan is expected to hit */
	uint32_t nunhit;
};

struct verify_wish {
	uint32_t packets; /* 0: as many as the ruleset needs, within bounds */
	uint32_t seed;
	const char *host_text; /* --host FILE's content, or NULL: a host of the ruleset's own names */
	const char *host_name; /* what diagnostics call it */
};

/*
 * verify_plan_make - the host and the packets for a ruleset
 * @ir: compiled with for_explain, without errors
 * The plan lives in @a. false: the host text is wrong, which is reported to @d.
 */
bool verify_plan_make(struct arena *a, struct diags *d, const struct ir *ir,
		      const struct verify_wish *w, struct verify_plan *out);

#endif
