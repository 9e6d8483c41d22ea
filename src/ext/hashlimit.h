/* SPDX-License-Identifier: GPL-2.0-or-later */
/* hashlimit: a use of the match, as the kernel takes it. */
#ifndef IPTC2NFT_HASHLIMIT_H
#define IPTC2NFT_HASHLIMIT_H

#include <linux/netfilter/xt_hashlimit.h>
#include "lower.h"

/* user2credits(): 2^39 credits a jiffy at HZ=250 (2^37 at HZ=1000), scaled by 10^6. */
#define HASHLIMIT_CREDITS 137438953ULL

/* What the first rule of a table decides, and the rest of a use. */
struct hashlimit_table {
	uint32_t mode;
	bool bytes, ratematch;
	uint8_t srcmask, dstmask;
	uint64_t rate, unit, avg, burst;
	uint32_t max, expire;
};

struct hashlimit {
	struct hashlimit_table t;
	const char *name;
	bool above;
};

/* Arguments of a use; match_hashlimit.c. */
void hashlimit_decode(const struct ext_use *u, unsigned family, struct hashlimit *out);

void hashlimit_lower(struct lower *l, const struct ext_use *u);

#endif
