/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * reach: which chains no packet enters and which rules none gets to.
 *
 * Requires lowered chains without loops. Says only what is certain: a rule counts as unreachable
 * when the rules before it end every packet's way, or when one earlier rule of its chain that does
 * so tests nothing that this rule does not test as well, with nothing in between that could change
 * the outcome.
 */
#ifndef IPTC2NFT_REACH_H
#define IPTC2NFT_REACH_H

#include "ir.h"

struct unreached {
	struct unreached *next;
	const struct ir_rule *rule;
	const struct ir_rule *because; /* the earlier rule */
};

struct chain_reach {
	bool used; /* a base chain calls it, perhaps through others */
	bool ends; /* no packet comes back from it or gets to its policy */
	struct unreached *first, **last;
};

/* By ir_chain.id. */
struct chain_reach *reach_find(struct ir *ir);

#endif
