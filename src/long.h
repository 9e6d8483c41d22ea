/* SPDX-License-Identifier: GPL-2.0-or-later */
/* long: rules that are longer than nf_tables takes. */
#ifndef IPTC2NFT_LONG_H
#define IPTC2NFT_LONG_H

#include "ir.h"

/* Requires IR after guard_expand(); before lower_depth(). */
void split_long_rules(struct ir *ir);

/* Has it more instructions than stay in one rule? guard_expand() makes no clause longer. */
bool is_long(const struct ir_clause *k);

#endif
