/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * split: --layout=split, one nft table per iptables table.
 *
 * nft's sets and objects belong to one table, so each must be used by the chains of one iptables
 * table only; where several use it the layout is refused.
 */
#ifndef IPTC2NFT_SPLIT_H
#define IPTC2NFT_SPLIT_H

#include "ir.h"

struct table_use;

/* Which tables use which sets and objects. Shared ones are reported to ir->diags. */
const struct table_use *split_uses(struct ir *ir);

/* Does the nft table for @table declare this set or object? @use NULL (one table for all): yes. */
bool table_uses(const struct table_use *use, const void *thing, enum table_id table);

/* Has this iptables table any chains here? */
bool split_has_chains(const struct ir *ir, enum table_id table);

/* "iptc2nft-filter" */
const char *split_name(const struct ir *ir, enum table_id table);

#endif
