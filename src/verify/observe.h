/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * observe: what can be seen of packets in the network namespace that we are in.
 *
 * A table of its own has a chain behind all others at each of the five hooks, which sends what comes
 * by to an NFLOG group; the rules' own LOG and NFLOG are listened to as well, and where a walk is
 * wanted, what TRACE and nftrace say.
 */
#ifndef IPTC2NFT_VERIFY_OBSERVE_H
#define IPTC2NFT_VERIFY_OBSERVE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "ir.h"

#define OBSERVE_TABLE "iptc2nft-verify"

struct observe_groups {
	uint16_t hooks;	  /* the group of the observer's own rules */
	uint16_t *others; /* those of the ruleset's NFLOG; 0, where LOG goes, is one */
	unsigned n;
};

/* Which groups a ruleset uses, in either of two compiled forms, and one that it does not. */
void observe_groups(struct observe_groups *g, struct arena *a, const struct ir *ir, const struct ir *other);

struct observer {
	int logs, traces; /* sockets; -1: none */
	uint16_t group;
	uint8_t *room;
};

enum seen_kind { SEEN_HOOK, SEEN_LOG, SEEN_TRACE };

struct seen {
	uint8_t kind, hook;
	uint16_t group;
	uint32_t in, out, mark; /* interfaces: the kernel's numbers */
	const char *prefix;	/* LOG, NFLOG, TRACE of xtables; "" for none */
	const uint8_t *bytes;	/* from the network header on; NULL with nftrace */
	uint32_t len;
	/* nftrace */
	const char *table, *chain;
	uint64_t handle;
	bool policy, returns;
	const char *verdict;
};

/* 0, or an errno and in @why what could not be done. @trace: also set nftrace on every packet. */
int observer_open(struct observer *o, struct arena *a, const struct observe_groups *g, bool trace, char *why,
		  size_t room);

/* Everything since the last call, in order. 0, or an errno: ENOBUFS when something was lost. */
int observer_read(struct observer *o, void (*each)(void *arg, const struct seen *s), void *arg);

#endif
