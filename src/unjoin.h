/* SPDX-License-Identifier: GPL-2.0-or-later */
/* unjoin: keep nft from joining tests that don't belong together. */
#ifndef IPTC2NFT_UNJOIN_H
#define IPTC2NFT_UNJOIN_H

#include "ir.h"

/* Requires IR after guard_expand(). Tests that nft's reader would join wrongly get a mask of all
 * their bits, which changes nothing but keeps nft away. */
void nft_unjoin(struct ir *ir);

/* Is it one in which nft could join some? Asked when the rule has just been lowered. */
bool may_be_joined(const struct ir_clause *k);

#endif
