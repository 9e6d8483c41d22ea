/* SPDX-License-Identifier: GPL-2.0-or-later */
/* guard: what guard.c (where guards are needed) and guard_chain.c (what they do) share. */
#ifndef IPTC2NFT_GUARD_H
#define IPTC2NFT_GUARD_H

#include "lower.h"

#define FRAG_OFFSET_MASK 0x1fff

struct facts;

/* A chain that was made, and for what. */
struct made {
	struct ir_chain *chain;
	enum table_id table;
	struct inst_need_header need;
};

struct guard {
	struct ir *ir;
	struct lower *l;     /* for helper chains only */
	struct facts *facts; /* by chain id */
	uint32_t nfacts;
	struct made made[16]; /* the latest: a search by name for every guard would be slow */
	unsigned nmade;
	struct arg_range *protos; /* what -p names, and extension headers: see guard_chain.c; NULL:
				     not asked yet */
	uint32_t nprotos;
};

/* Are there no later fragments in this chain? */
bool guard_whole_packets(const struct guard *g, const struct ir_chain *c);

/* The place of a packet in what it is a fragment of. */
struct operand guard_frag_offset(struct guard *g);

/* Is this the need for a whole chain of extension headers (IPv6)? */
static inline bool guard_needs_chain(const struct inst_need_header *n)
{
	return !n->exthdr && !n->proto && !n->bytes;
}

/* guard_chain - the chain, of @c's table, that drops packets without what @n asks for. */
struct ir_chain *guard_chain(struct guard *g, const struct ir_chain *c,
			     const struct inst_need_header *n);

#endif
