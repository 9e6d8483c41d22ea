/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * nft_view: what nft, reading a rule from left to right, believes about the packet, and which of
 * its short forms a test has. Common to its text and its JSON, which meet the same evaluation.
 *
 * nft adds tests of its own where a rule reads a transport header without having tested the
 * protocol, and refuses some combinations. A named header field is therefore written only where nft
 * would add nothing; otherwise the same bytes are written as raw payload.
 */
#ifndef IPTC2NFT_NFT_VIEW_H
#define IPTC2NFT_NFT_VIEW_H

#include "ir.h"

enum {
	L4_UNKNOWN = -1,
	L4_CONFLICT = -2, /* tested to be two protocols: nft refuses every named field */
};

struct nft_view {
	int l4proto;	/* L4_* or the protocol tested for */
	bool ether;	/* the device is known to be Ethernet */
	bool declaring; /* in a declaration: nothing has to be tested first */
};

/* At the start of a rule. */
#define NFT_VIEW_START ((struct nft_view){ .l4proto = L4_UNKNOWN })

/* May the field be called by its name? */
bool nft_view_named(const struct nft_view *v, const struct operand *o);

/* Does nft know what type the field has? A connection's ports have one behind a test of the protocol. */
bool nft_view_typed(const struct nft_view *v, const struct operand *o);

/* What nft knows after this test. */
void nft_view_note(struct nft_view *v, const struct inst_test *t);

/* Will nft refuse this write or get the checksum wrong? */
bool nft_view_breaks_checksum(const struct nft_view *v, const struct operand *dst, unsigned family);

/* (addr & mask) == net with a contiguous mask: its length, else -1. */
int test_prefix_length(const struct inst_test *t);

/* (flags & mask) == 0 or != 0 */
bool test_any_flag(const struct inst_test *t);

/* Tests for presence: true: must be there; the operand has .exists set. */
bool test_wants_presence(const struct inst_test *t);

/* Can nft not read the constant that this test compares with? (Security marks have no notation.) */
bool test_unspeakable(const struct inst_test *t);

/* The length of the prefix that the range is, else -1. @bytes 4 or 16. */
int range_prefix_length(const uint8_t *lo, const uint8_t *hi, unsigned bytes);

#endif
