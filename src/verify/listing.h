/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * listing: what the kernel has of some tables, without what changes by itself, so that two of them
 * can be compared byte by byte: no handles, counters, used quotas, and no elements of sets that
 * packets fill or that expire. The other sets' elements are sorted: a hash has no order.
 */
#ifndef IPTC2NFT_LISTING_H
#define IPTC2NFT_LISTING_H

#include "snapshot.h"

/* listing_take - 0, the listing in @out and the generation that it is of, or an errno */
int listing_take(const struct snapshot_table *tables, unsigned n, struct buffer *out, uint32_t *generation);

#endif
