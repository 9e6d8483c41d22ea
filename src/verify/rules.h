/* SPDX-License-Identifier: GPL-2.0-or-later */
/* rules: the input's rules by number, and where the kernel has them on either side. */
#ifndef IPTC2NFT_VERIFY_RULES_H
#define IPTC2NFT_VERIFY_RULES_H

#include "ir.h"

#define RULE_NONE UINT32_MAX

/* Rules in order of tables, chains and lines; chains likewise. */
struct rules {
	uint32_t n, nchains;
	const struct rule **rule;
	const struct chain **chain;
	uint32_t *first; /* of each chain: the number of its first rule */
	struct rules_key {
		const void *of; /* a rule or a chain */
		uint32_t number;
	} *keys; /* by address */
};

void rules_number(struct rules *r, struct arena *a, const struct ruleset *rs);

/* The number of a rule or a chain. */
uint32_t rules_of(const struct rules *r, const void *rule_or_chain);

/* What of the kernel's rules belongs to which of the input: in the kernel's order. */
struct kernel_rule {
	const char *table, *chain;
	uint32_t number; /* RULE_NONE: of none */
	bool matches;	 /* a packet that passes it is one that the rule matches; or drops as truncated */
	uint64_t handle; /* known after a dump */
};

struct kernel_rules {
	struct kernel_rule *list;
	uint32_t n;
	const char *tables[TABLE_COUNT + 1]; /* nf_tables' names, without gaps */
	unsigned ntables;
	uint8_t family; /* NFPROTO_* */
};

/* What the netlink backend makes of the IR, and what iptables-nft makes of the ruleset. */
void kernel_rules_ours(struct kernel_rules *k, struct arena *a, const struct rules *r, struct ir *ir);
void kernel_rules_iptables_nft(struct kernel_rules *k, struct arena *a, const struct rules *r,
			       const struct ruleset *rs);

/* kernel_rules_count - add each rule's packets to @hits, note what it logs (logs.h), and learn the handles
 * 0, or an errno: EPROTO when the kernel's rules are not those. */
int kernel_rules_count(struct kernel_rules *k, uint64_t *hits, uint64_t *logs);

/* The rule of a trace message; RULE_NONE. */
uint32_t kernel_rules_find(const struct kernel_rules *k, const char *table, const char *chain, uint64_t handle);

/*
 * legacy_count - each rule's packets by legacy iptables, and what it logs
 * @policies: by chain, packets that met the policy of a built-in chain
 * 0, or an errno: EPROTO when the kernel's rules are not the input's.
 */
int legacy_count(const struct rules *r, const struct ruleset *rs, uint64_t *hits, uint64_t *policies, uint64_t *logs);

#endif
