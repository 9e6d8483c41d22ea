/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * split: which nft tables there are, and what is in each.
 *
 * One for everything; or, with --layout=split, one per iptables table. An xtables extension that is bound
 * to an iptables table asks nft_compat for the name of the nft table: chains of that table are then in
 * one of that name, apart from the rest.
 *
 * nft's sets and objects belong to one table, so each must be used by the chains of one part only; where
 * several use it the layout is refused.
 */
#ifndef IPTC2NFT_SPLIT_H
#define IPTC2NFT_SPLIT_H

#include "ir.h"

struct table_use;

struct split_part {
	const char *name; /* of the nft table */
	unsigned tables;  /* IN_TABLE() bits: the iptables tables whose chains are in it */
	bool rest;        /* declares also what no chain uses */
	bool named;       /* has an iptables table's name: it may be another program's */
	bool ours;        /* named: it is known to be ours */
};

struct split {
	unsigned n;
	struct split_part parts[TABLE_COUNT + 1];
	const struct table_use *use; /* which tables use which sets and objects; NULL: there is one part */
};

/* What is shared by several parts is reported to ir->diags. */
void split_plan(struct ir *ir, struct split *out);

/* Is this chain in the part? Does the part declare this set or object? */
static inline bool split_has(const struct split_part *p, const struct ir_chain *c)
{
	return p->tables & 1u << c->table;
}
bool split_declares(const struct split *s, const struct split_part *p, const void *thing);

/* The comment of a named table, by which we know our own. */
const char *split_mark(const struct ir *ir);

#endif
