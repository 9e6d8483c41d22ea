/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * notable: the rules that thin_sets(), nft_unjoin() and split_long_rules() may have to change.
 *
 * They are few in most rulesets, and known when a rule has just been lowered: a pass that goes
 * through all instructions of a large ruleset waits for memory most of the time.
 */
#ifndef IPTC2NFT_NOTABLE_H
#define IPTC2NFT_NOTABLE_H

#include "ir.h"

/* For which of them. */
#define NOTABLE_SETS  (1u << 0)
#define NOTABLE_JOINS (1u << 1)
#define NOTABLE_LONG  (1u << 2)

/* Note a rule of chain @c that is complete, if it is one of these. */
void ir_note(struct ir *ir, const struct ir_chain *c, struct ir_rule *r);

/* Those of @more come behind the others. */
void ir_note_more(struct ir *ir, const struct ir_notables *more);

/* f(ir, chain, rule, arg) for each rule that was noted for @what and for all rules of synthesised
 * chains, also of those that @f makes meanwhile; until it returns false. */
void ir_each_notable(struct ir *ir, unsigned what,
		     bool (*f)(struct ir *ir, struct ir_chain *c, struct ir_rule *r, void *arg),
		     void *arg);

#endif
