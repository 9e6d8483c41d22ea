/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * legacy: tables of iptables-legacy, read and emptied through the kernel's own interface.
 *
 * One setsockopt() replaces a table whole: every packet meets the old one or the new one. What is
 * emptied is compared with what was seen before in the same breath, and the kernel itself refuses
 * when the number of entries is another.
 */
#ifndef IPTC2NFT_LEGACY_H
#define IPTC2NFT_LEGACY_H

#include <stdbool.h>
#include "buffer.h"

#define LEGACY_TABLES_MAX 8

struct legacy_table {
	char name[32];
	struct buffer *seen; /* its entries, without counters */
	struct buffer *room; /* as large: emptying allocates nothing */
	bool empty;	     /* no rule, policies ACCEPT */
};

struct legacy {
	int fd; /* -1: this kernel has none */
	bool ipv6;
	unsigned n;
	struct legacy_table tables[LEGACY_TABLES_MAX];
};

/* legacy_read - the tables that there are in this network namespace. 0, or an errno; no table is made.
 * The socket is closed with the arena. */
int legacy_read(struct legacy *l, bool ipv6, struct arena *a);

/* legacy_empty - 0, ESTALE when it is not as it was seen, or an errno */
int legacy_empty(const struct legacy *l, struct legacy_table *t);

/* Is the table as it was seen? Is it empty now? False also when it can't be read. */
bool legacy_same(const struct legacy *l, struct legacy_table *t);
bool legacy_empty_now(const struct legacy *l, struct legacy_table *t);

/* Take the lock that the xtables programs take, waiting @seconds at most. A descriptor, or -1 and errno:
 * EWOULDBLOCK when another program still has it. */
int legacy_lock(unsigned seconds);

#endif
