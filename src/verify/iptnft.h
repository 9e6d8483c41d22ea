/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * iptnft: the tables of iptables-nft in nf_tables, or ours, and batches that empty them.
 *
 * Not in one transaction: when the kernel commits one, rules go at once, but base chains and their policies
 * only then, one after the other (nf_tables_commit()); a chain with policy DROP would drop all for that moment.
 * So policies become ACCEPT in a transaction of their own, before.
 */
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
	bool only_ours;
	struct arena *arena;
	struct iptnft_chain *chains, **last, *at;
	unsigned foreign; /* chains there that iptables-nft-save does not show: not named as a hook's, but at one */
	uint32_t rules, generation;
};

/* iptnft_read - the chains of the tables that have iptables' names, but for our own. 0, or an errno.
 * iptnft_read_ours - of those alone. */
int iptnft_read_ours(struct iptnft *t, bool ipv6, const struct snapshot_table *ours, unsigned n, struct arena *a);
int iptnft_read(struct iptnft *t, bool ipv6, const struct snapshot_table *ours, unsigned n, struct arena *a);

/* No rules, no user chains, policies ACCEPT? In the table @name, or (NULL) in all. */
bool iptnft_empty(const struct iptnft *t, const char *name);

/* Has a chain policy DROP? */
bool iptnft_drops(const struct iptnft *t);

/* The generation after one transaction more. */
uint32_t iptnft_next(uint32_t generation);

/* Batches for a ruleset of that @generation (0: of any): the policies that are DROP become ACCEPT, or DROP
 * again; rules and user chains go; the tables go. */
void iptnft_policy_batch(const struct iptnft *t, bool accept, uint32_t generation, struct buffer *out);
void iptnft_empty_batch(const struct iptnft *t, uint32_t generation, struct buffer *out);
void iptnft_delete_batch(const struct iptnft *t, uint32_t generation, struct buffer *out);

#endif
