/* SPDX-License-Identifier: GPL-2.0-or-later */
/* set_use: ipsets in rules, for the match `set` and the target `SET`. */
#ifndef IPTC2NFT_SET_USE_H
#define IPTC2NFT_SET_USE_H

#include "ipset.h"
#include "lower.h"

/* "NAME src,dst" of a rule. */
struct set_ref {
	char name[IPSET_NAME_MAX + 1];
	uint8_t dimension;
	uint8_t src; /* bit i: dimension i looks at the source */
	struct span name_at;
};

/* ARG_CUSTOM with OPT_TWO: custom is a struct set_ref. */
bool set_ref_parse(struct ext_parse *p, struct arg *out);

/* The set that is meant; NULL: refused, for @u's option at @at. @add: a target adds to it. */
struct ipset *set_ref_find(struct lower *l, const struct ext_use *u, const struct set_ref *r);

/*
 * A way to look a packet up: the tests that make the key's fields exist, and the key. Sets with
 * ports have several, for disjoint groups of protocols.
 */
struct set_way {
	uint8_t protos[4], nprotos; /* the transport protocols; 0: any */
	bool others;                /* … or, all that have no ports */
	bool proto_known;           /* the rule tests the protocol already */
	uint8_t bytes;              /* how much of the header has to be there; 0: known to be */
	bool ether;                 /* needs an Ethernet header */
	struct operand key[IPSET_KEY_MAX];
	uint8_t nkey;
	bool portless;              /* in the set's portless_set */
};

#define SET_WAYS_MAX 6

/* The ways for this rule (or, @any_proto, whatever protocol the rule is for). */
unsigned set_ways(struct lower *l, const struct ipset *s, const struct set_ref *r, bool any_proto,
		  struct set_way *out);

/* The tests that a way needs. */
void set_way_tests(struct lower *l, const struct set_way *w);

/* A test of being in an nft set, or not. */
void set_lookup(struct lower *l, struct ir_set *set, const struct set_way *w, bool invert);

/* Keys, flags and size of an nft set like the ipset. */
void set_declare(struct lower *l, const struct ipset *s, struct ir_set *set, bool portless);

/* The nft set, or its companion for protocols without ports; made when first asked for. NULL and
 * *reason: it has no form in nftables. */
struct ir_set *set_of(struct lower *l, struct ipset *s, bool nomatch, bool portless,
		      const char **reason);

#endif
