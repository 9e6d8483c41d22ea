/* SPDX-License-Identifier: GPL-2.0-or-later */
/* iptnft: the tables of iptables-nft in nf_tables, and a batch that empties them, all in one transaction. */
#ifndef IPTC2NFT_IPTNFT_H
#define IPTC2NFT_IPTNFT_H

#include <stdbool.h>
#include <stdint.h>
#include "snapshot.h"

struct iptnft_chain {
	struct iptnft_chain *next;
	const char *table, *name;
	bool base, policy_drop;
	uint32_t rules;
};

struct iptnft {
	uint8_t family; /* NFPROTO_IPV4, NFPROTO_IPV6 */
	const struct snapshot_table *ours;
	unsigned nours;
	struct arena *arena;
	struct iptnft_chain *chains, **last, *at;
	unsigned foreign; /* chains there that iptables-nft-save does not show: not named as a hook's, but at one */
	uint32_t rules, generation;
};

/* iptnft_read - the chains of the tables that have iptables' names, but for our own. 0, or an errno. */
int iptnft_read(struct iptnft *t, bool ipv6, const struct snapshot_table *ours, unsigned n, struct arena *a);

/* No rules, no user chains, policies ACCEPT? In the table @name, or (NULL) in all. */
bool iptnft_empty(const struct iptnft *t, const char *name);

/* iptnft_empty_batch - what empties them, as long as the ruleset's generation is that of the reading */
void iptnft_empty_batch(const struct iptnft *t, struct buffer *out);

#endif
