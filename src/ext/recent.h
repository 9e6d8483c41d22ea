/* SPDX-License-Identifier: GPL-2.0-or-later */
/* recent: the lists of the match `recent`, which all rules that name one share. */
#ifndef IPTC2NFT_RECENT_H
#define IPTC2NFT_RECENT_H

#include "lower.h"

#define RECENT_HITS_MAX 512 /* more needs too many sets */

enum recent_op { RECENT_SET, RECENT_RCHECK, RECENT_UPDATE, RECENT_REMOVE };

/* One use of the match. */
struct recent_use {
	const struct ext_use *use;
	const char *name;
	uint8_t op;
	bool invert, reap, rttl, dest;
	uint32_t seconds; /* 0: not given */
	uint32_t hits;    /* at least 1 */
	uint32_t order;   /* in which the kernel sees them: the first one's mask is the list's */
	unsigned hooks;   /* from which it is reached */
	struct addr mask;
};

/*
 * The latest @hits stamps of each address, as far as they are not older than @seconds: one set per
 * stamp. Where stamps expire, an address is in the set of @next whose slot is written next.
 */
struct recent_window {
	uint32_t seconds, hits;
	struct ir_set **slots, **next, *busy;
};

struct recent_list {
	const char *name;
	const struct recent_use *uses;
	uint32_t nuses;
	bool known; /* the fields below are filled in */
	bool chain; /* a stamp takes a helper chain, not just a few instructions */
	bool deletes; /* elements are deleted */
	struct recent_window *windows;
	uint32_t nwindows;
	/* --rttl: the TTL of the latest stamp, a set per bit; and who has one that is not 0. */
	struct ir_set **ttl, *ttl_known;
	const char *reason; /* has no form in nftables, or NULL */
	struct span at;     /* of the use to blame */
};

/* Arguments of a use; match_recent.c. */
void recent_decode(const struct ext_use *u, unsigned family, struct recent_use *out);

/* The list of this name. @e: the match. */
struct recent_list *recent_find(struct lower *l, const struct ext *e, const char *name);

/* The window that answers a check; NULL: no rule of the list makes one. */
struct recent_window *recent_window(struct recent_list *t, uint32_t seconds, uint32_t hits);

/* Add a stamp: in the rule, or (list->chain) the chain to jump to for it. */
void recent_stamp(struct lower *l, const struct recent_list *t, const struct operand *key);
struct ir_chain *recent_stamp_chain(struct lower *l, struct recent_list *t,
				    const struct operand *key);

/* In a chain made by lower_split(): leave it unless the packet's TTL is the stored one. */
void recent_need_ttl(struct lower *l, const struct recent_list *t, const struct operand *key);

/* Forget the address: likewise. */
void recent_forget(struct lower *l, const struct recent_list *t, const struct operand *key);
struct ir_chain *recent_forget_chain(struct lower *l, const struct recent_list *t,
				     const struct operand *key);

/* A test of the key's being in a set, or not. */
void recent_lookup(struct lower *l, struct ir_set *s, const struct operand *key, bool invert);

#endif
