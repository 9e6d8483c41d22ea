/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * survey: which packet filters a network namespace has, in the order in which packets meet them.
 *
 * nf_tables is asked over netlink; legacy iptables through iptables-legacy-save, where that is
 * installed (its table names are in /proc/net/ip_tables_names).
 */
#ifndef IPTC2NFT_SURVEY_H
#define IPTC2NFT_SURVEY_H

#include <stdbool.h>
#include <stdint.h>
#include "arena.h"

enum survey_kind { SURVEY_NFT, SURVEY_IPTABLES_NFT, SURVEY_LEGACY };

/* A chain that a hook calls. */
struct survey_base {
	struct survey_base *next;
	struct survey_table *table;
	const char *name;
	uint8_t hook; /* NF_INET_* */
	int32_t priority;
	bool policy_drop;
	const char *type; /* "filter", "nat", "route" */
	uint32_t rules;
};

struct survey_table {
	struct survey_table *next;
	enum survey_kind kind;
	uint8_t family; /* NFPROTO_* */
	const char *name;
	uint32_t chains, rules;
	uint32_t blobs;      /* rules with xtables expressions, in nf_tables */
	bool unread;	     /* legacy: its rules could not be listed */
	const char *manager; /* who will make it again: "Docker", or NULL */
};

struct survey {
	struct arena *arena;
	struct survey_table *tables, **last_table;
	struct survey_base *bases; /* by hook and priority */
};

/* survey_take - 0, or an errno. Memory is the arena's. */
int survey_take(struct survey *s, struct arena *a);

extern const char *const survey_kinds[];
const char *survey_family(uint8_t family); /* nft's word */

#endif
