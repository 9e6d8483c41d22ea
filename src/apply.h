/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef IPTC2NFT_APPLY_H
#define IPTC2NFT_APPLY_H

#include "ir.h"

/* apply_ruleset - send the ruleset to the kernel as one transaction; errors go to ir->diags, mapped
 * to the rules they are about. @check: validate, commit nothing. */
void apply_ruleset(struct ir *ir, bool check);

/* Sets ir->found, which the batch depends on. */
void apply_tables_find(struct ir *ir);

#endif
