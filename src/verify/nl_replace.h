/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * nl_replace: a batch that deletes a table and makes it again, without a moment that is neither.
 *
 * When the kernel commits (nf_tables_commit()), rules change at once for all packets; but chains that are deleted
 * leave their hooks, and new ones get policy DROP, only after that, one after the other. In between, a new chain
 * accepts what its policy is to drop, and an old one drops all. So, where the base chains of the table that is there
 * are those that the batch makes, they stay, and all else in the table is deleted instead of the table itself.
 */
#ifndef IPTC2NFT_NL_REPLACE_H
#define IPTC2NFT_NL_REPLACE_H

#include "nl_table.h"

#define NL_REPLACE_TRIES 8 /* while others change the ruleset */

/* nl_replace - the batch to be sent instead, which the kernel refuses with ERESTART when the ruleset has changed
 * since. It is in pieces of @batch, which are most of it and not copied, and of @fresh, which gets what is new; good
 * until either is written to. False: @batch is to be sent as it is. */
bool nl_replace(const struct buffer *batch, struct buffer *fresh, struct nl_pieces *out);

#endif
