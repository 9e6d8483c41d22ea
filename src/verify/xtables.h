/* SPDX-License-Identifier: GPL-2.0-or-later */
/* xtables: the programs of iptables: what a backend has, and loading it again. */
#ifndef IPTC2NFT_XTABLES_H
#define IPTC2NFT_XTABLES_H

#include <stdbool.h>
#include "buffer.h"

enum xtables_backend { XTABLES_LEGACY, XTABLES_NFT, XTABLES_BACKENDS };

extern const char *const xtables_names[XTABLES_BACKENDS]; /* "iptables-legacy", "iptables-nft" */

/* "ip6tables-nft-save": @what is "save" or "restore" */
const char *xtables_program(struct arena *a, enum xtables_backend b, bool ipv6, const char *what);

/* xtables_save - all tables with counters. 0; ENOENT: no such program; EIO: it failed. */
int xtables_save(const char *program, struct buffer *out);

struct xtables_load {
	const char *table; /* only this one; NULL: all */
	const char *lock;  /* the file to lock instead of the usual one, which the caller has locked; NULL: that */
	bool counters;
	bool silent; /* no messages; otherwise they go to stderr */
};

/* xtables_restore - load what is in the file @fd. 0, or as above. Allocates nothing. */
int xtables_restore(const char *program, int fd, const struct xtables_load *how);

/* The lines of a table that say what it does: neither comments nor counters; "" when it does nothing.
 * @policies: false: all policies as ACCEPT */
const char *xtables_block(struct arena *a, struct buffer *text, const char *table, bool policies);

/* Does the text say that it leaves something out? */
bool xtables_incomplete(struct buffer *text);

#endif
