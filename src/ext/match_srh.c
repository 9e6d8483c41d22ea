/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * srh: net/ipv6/netfilter/ip6t_srh.c, srh1_mt6(). The first routing header, when it is one for segment
 * routing with no more segments left than it has; without one the match is false, whatever is inverted.
 *
 * The previous and the next segment are where the number of segments left says: a rule for each number.
 * nftables loads from the first 256 bytes of a header only, where 16 segments begin.
 *
 * Not kept: a header whose length field reaches beyond the packet does not match in xtables; segments
 * behind the 16th match there.
 */
#include "lower.h"
#include "byte_pairs.h"
#include "exthdr.h"

#include <string.h>
#include <linux/ipv6.h>
#include <linux/netfilter_ipv6/ip6t_srh.h>

/* In the order of IP6T_SRH_*. */
enum {
	NEXTHDR,
	LEN_EQ,
	LEN_GT,
	LEN_LT,
	SEGS_EQ,
	SEGS_GT,
	SEGS_LT,
	LAST_EQ,
	LAST_GT,
	LAST_LT,
	TAG,
	PSID,
	NSID,
	LSID
};

#define SEGMENTS_MAX 16
#define PLACE_NOTE   "only among the first 16 segments; nft's text has names for two, --apply can compare all"

#define BYTE(nm, what)                                                                        \
	.name = nm, .type = ARG_U8, .flags = OPT_INVERT, .metavar = "number", .help = what
#define SID(nm, what)                                                                         \
	.name = nm, .type = ARG_HOSTMASK, .flags = OPT_INVERT, .metavar = "address[/mask]",   \
	.help = what

static const struct ext_option options[] = {
	{ .id = NEXTHDR, BYTE("srh-next-hdr", "next header") },
	{ .id = LEN_EQ, BYTE("srh-hdr-len-eq", "length field is") },
	{ .id = LEN_GT, BYTE("srh-hdr-len-gt", "length field is more than") },
	{ .id = LEN_LT, BYTE("srh-hdr-len-lt", "length field is less than") },
	{ .id = SEGS_EQ, BYTE("srh-segs-left-eq", "segments left are") },
	{ .id = SEGS_GT, BYTE("srh-segs-left-gt", "segments left are more than") },
	{ .id = SEGS_LT, BYTE("srh-segs-left-lt", "segments left are less than") },
	{ .id = LAST_EQ, BYTE("srh-last-entry-eq", "last entry is") },
	{ .id = LAST_GT, BYTE("srh-last-entry-gt", "last entry is more than") },
	{ .id = LAST_LT, BYTE("srh-last-entry-lt", "last entry is less than") },
	{ .id = TAG, .name = "srh-tag", .type = ARG_U16, .flags = OPT_INVERT, .metavar = "number",
	  .help = "tag, as a number of this machine's byte order" },
	{ .id = PSID, SID("srh-psid", "previous segment"), .support = PARTLY, .note = PLACE_NOTE },
	{ .id = NSID, SID("srh-nsid", "next segment"), .support = PARTLY, .note = PLACE_NOTE },
	{ .id = LSID, SID("srh-lsid", "last segment") },
	{ .name = NULL },
};

static struct operand header(unsigned off, unsigned bits)
{
	return exthdr(IPPROTO_ROUTING, off, bits);
}

static uint8_t itself(uint8_t left)
{
	return left;
}

static uint8_t highest(uint8_t left)
{
	(void)left;
	return UINT8_MAX;
}

static void test_segment(struct lower *l, const struct arg *a, unsigned place)
{
	struct operand o = exthdr_address(IPPROTO_ROUTING, 64 + place * 128);
	const struct addr *mask = &a->host.items[1];
	struct addr value = a->host.items[0]; /* libip6t_srh does not mask it, the kernel masks both */

	for (unsigned i = 0; i < sizeof(value.b); i++)
		value.b[i] &= mask->b[i];
	l->at = a->at;
	lower_masked_bytes(l, o, mask->b, value.b, a->invert);
}

/* The list is in reverse: the previous one is behind the active one, the next before it. */
static void test_neighbours(struct lower *l, const struct arg *previous, const struct arg *next)
{
	unsigned first = next ? 1 : 0, last = SEGMENTS_MAX - (previous ? 2 : 0);

	l->at = previous ? previous->at : next->at;
	lower_fork(l, last - first + 1);
	for (unsigned left = first; left <= last; left++) {
		lower_branch(l, (int)(left - first));
		lower_eq(l, header(24, 8), left, false);
		if (previous) {
			lower_eq(l, header(32, 8), left, true); /* the first one has none */
			test_segment(l, previous, left + 1);
		}
		if (next)
			test_segment(l, next, left - 1);
	}
	lower_branch(l, -1);
}

static void test(struct lower *l, const struct arg *a)
{
	uint64_t n = a->num.lo;
	uint16_t tag = (uint16_t)n; /* libip6t_srh hands the kernel the number as it is */

	l->at = a->at;
	switch (a->id) {
	case NEXTHDR: lower_eq(l, header(0, 8), n, a->invert); break;
	case LEN_EQ: lower_eq(l, header(8, 8), n, a->invert); break;
	case LEN_GT: lower_cmp(l, header(8, 8), a->invert ? TEST_LE : TEST_GT, n); break;
	case LEN_LT: lower_cmp(l, header(8, 8), a->invert ? TEST_GE : TEST_LT, n); break;
	case SEGS_EQ: lower_eq(l, header(24, 8), n, a->invert); break;
	case SEGS_GT: lower_cmp(l, header(24, 8), a->invert ? TEST_LE : TEST_GT, n); break;
	case SEGS_LT: lower_cmp(l, header(24, 8), a->invert ? TEST_GE : TEST_LT, n); break;
	case LAST_EQ: lower_eq(l, header(32, 8), n, a->invert); break;
	case LAST_GT: lower_cmp(l, header(32, 8), a->invert ? TEST_LE : TEST_GT, n); break;
	case LAST_LT: lower_cmp(l, header(32, 8), a->invert ? TEST_GE : TEST_LT, n); break;
	case TAG: lower_value(l, header(48, 16), &tag, a->invert); break;
	case LSID: test_segment(l, a, 0); break;
	}
}

static void lower(struct lower *l, const struct ext_use *u)
{
	lower_eq(l, header(16, 8), IPV6_SRCRT_TYPE_4, false);
	byte_pairs(l, "srh-segments", header(24, 8), header(32, 8), itself, highest);
	for (unsigned i = 0; i < u->nargs; i++)
		test(l, &u->args[i]);
	if (use_arg(u, PSID) || use_arg(u, NSID))
		test_neighbours(l, use_arg(u, PSID), use_arg(u, NSID));
}

const struct ext match_srh = {
	.name = "srh",
	.kind = EXT_MATCH,
	.families = FAMILY_IPV6,
	.options = options,
	.lower = lower,
	.help = "IPv6 segment routing header",
	.nullary = true,
};
