/* SPDX-License-Identifier: GPL-2.0-or-later */
/* set_count: the packet counters of ipsets' elements, where rules compare them. */
#ifndef IPTC2NFT_SET_COUNT_H
#define IPTC2NFT_SET_COUNT_H

#include "set_use.h"

#define SET_COUNT_MAX 12 /* deletes that fit in a rule */

/* Which sets have to be counted, and how far; once, before any set is made. */
void set_count_plan(struct lower *l, struct ipsets *all);

/* Test that the packet's element has counted at least (or not) @n packets; 1 <= n <= s->counts. */
void set_count_test(struct lower *l, struct ipset *s, const struct set_way *w, uint64_t n,
		    bool negate);

/* The chain that counts a packet. */
struct ir_chain *set_count_chain(struct lower *l, struct ipset *s, const struct set_way *w);

/* Start at one packet: of the element that is about to be added. */
void set_count_reset(struct lower *l, struct ipset *s, const struct set_way *w);

#endif
