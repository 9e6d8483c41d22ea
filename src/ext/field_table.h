/* SPDX-License-Identifier: GPL-2.0-or-later */
/* field_table: rewriting a header field by a table of old and new values. */
#ifndef IPTC2NFT_FIELD_TABLE_H
#define IPTC2NFT_FIELD_TABLE_H

#include "lower.h"

/*
 * lower_ecn_dscp - append "tos = (tos & ~mask) ^ value" (IPv4 TOS, IPv6 traffic class)
 * lower_hops     - append "ttl = min(max(ttl + delta, 0), 255)" (IPv4 TTL, IPv6 hop limit)
 *
 * nft's text can't compute a header field from itself. Where the new value depends on the old one, a
 * helper chain has a rule for each old value; the rule of the input jumps there.
 */
void lower_ecn_dscp(struct lower *l, uint8_t value, uint8_t mask);
void lower_hops(struct lower *l, int delta);

#endif
