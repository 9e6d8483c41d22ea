/* SPDX-License-Identifier: GPL-2.0-or-later */
/* hooks: tables, hooks, and what hooks.def says of each built-in chain. */
#ifndef IPTC2NFT_HOOKS_H
#define IPTC2NFT_HOOKS_H

#include <stdbool.h>
#include <stddef.h>

enum table_id { TABLE_RAW, TABLE_MANGLE, TABLE_NAT, TABLE_FILTER, TABLE_SECURITY, TABLE_COUNT };

/* Netfilter's own numbers (NF_INET_*). */
enum hook_id { HOOK_PREROUTING, HOOK_INPUT, HOOK_FORWARD, HOOK_OUTPUT, HOOK_POSTROUTING, HOOK_COUNT };

enum chain_type { CHAIN_FILTER, CHAIN_NAT, CHAIN_ROUTE };

#define IN_TABLE(t) (1u << TABLE_##t)
#define IN_HOOK(h)  (1u << HOOK_##h)

struct hook_info {
	enum table_id table;
	enum hook_id hook;
	enum chain_type type;
	int priority;
};

extern const char *const table_names[TABLE_COUNT];     /* "raw", … */
extern const char *const hook_names[HOOK_COUNT];       /* "PREROUTING", …: iptables' chain names */
extern const char *const hook_nft_names[HOOK_COUNT];   /* "prerouting", … */
extern const char *const chain_type_names[3];          /* "filter", "nat", "route" */

/* NULL where the table has no such chain. */
const struct hook_info *hook_find(enum table_id table, enum hook_id hook);

/* Of raw's chains: the place right behind connection tracking. */
const struct hook_info *hook_find_late(enum hook_id hook);

/* All rows, in hooks.def's order. */
extern const struct hook_info hook_rows[];
extern const size_t hook_row_count;

#endif
