/* SPDX-License-Identifier: GPL-2.0-or-later */
/* byte_pairs: comparing one byte of a packet with another. */
#ifndef IPTC2NFT_BYTE_PAIRS_H
#define IPTC2NFT_BYTE_PAIRS_H

#include "lower.h"

/*
 * byte_pairs - append "@a and @b are a pair of the set @name"
 * @lo, @hi: for each value of @a the values of @b that go with it, where the set is not made yet
 *
 * nftables compares a register with constants only. The pairs that are allowed are those, in a set that all
 * rules of the ruleset share.
 */
typedef uint8_t (*byte_of)(uint8_t a);
void byte_pairs(struct lower *l, const char *name, struct operand a, struct operand b, byte_of lo, byte_of hi);

#endif
