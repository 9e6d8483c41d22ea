/* SPDX-License-Identifier: GPL-2.0-or-later */
/* long: rules that are longer than nf_tables takes. */
#ifndef IPTC2NFT_LONG_H
#define IPTC2NFT_LONG_H

#include "ir.h"

/* Requires IR after guard_expand(); before lower_depth(). */
void split_long_rules(struct ir *ir);

#endif
