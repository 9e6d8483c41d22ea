/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * snapshot: what the kernel has of some tables, as a batch that puts it back.
 *
 * The dump's messages are sent again as they came, without handles; so everything is kept that the
 * kernel shows: rules with their counters and notes, sets with elements and their expiry, objects.
 * The fill of token buckets and the connections counted by `ct count` it does not show: these start
 * anew. A table that does not exist is put back by deleting it.
 */
#ifndef IPTC2NFT_SNAPSHOT_H
#define IPTC2NFT_SNAPSHOT_H

#include "buffer.h"

#define SNAPSHOT_TABLES_MAX 32

struct snapshot_table {
	uint8_t family; /* NFPROTO_* */
	char name[256];
};

/* The tables that a batch makes: how many, at most SNAPSHOT_TABLES_MAX. */
unsigned snapshot_tables_of(const void *batch, size_t len, struct snapshot_table *out);

/* snapshot_take - 0 and the batch in @out, or an errno. EOPNOTSUPP: a table holds what can't be put back
 * (flowtables, or expressions that the kernel takes from iptables-nft only). */
int snapshot_take(const struct snapshot_table *tables, unsigned n, struct buffer *out);

#endif
