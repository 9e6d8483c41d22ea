/* SPDX-License-Identifier: GPL-2.0-or-later */
/* load_order: the order in which the kernel gets to see the rules of a ruleset that is restored. */
#ifndef IPTC2NFT_LOAD_ORDER_H
#define IPTC2NFT_LOAD_ORDER_H

#include "ruleset.h"

/* load_order - all rules, *n of them. Where rules share something by name, the first one made
 * it. */
const struct rule **load_order(const struct ruleset *rs, uint32_t *n);

#endif
