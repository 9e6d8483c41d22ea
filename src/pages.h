/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * pages: large pieces of memory straight from the system, on huge pages where it lets us: half of
 * the time of a large ruleset went into page faults of 4 KiB each. What is not touched costs nothing.
 */
#ifndef IPTC2NFT_PAGES_H
#define IPTC2NFT_PAGES_H

#include <stddef.h>

#define HUGE_PAGE ((size_t)2 << 20)

struct pages {
	void *map; /* what munmap() gets */
	size_t size;
};

/* Zeroed, at the start of a huge page; NULL: no memory. */
void *pages_new(struct pages *p, size_t size);
void pages_free(const struct pages *p);

#endif
