/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * srh: net/ipv6/netfilter/ip6t_srh.c, srh1_mt6(). The segment routing header, when as many segments
 * are left as it has, at most: nftables can't compare these two.
 */
#include "lower.h"
#include "blob.h"

#include <string.h>
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

#define NO_FORM "nftables can't see whether a header has the segments that it says are left"

#define BYTE(nm, what)                                                                        \
	.name = nm, .type = ARG_U8, .flags = OPT_INVERT, .metavar = "number", .help = what,   \
	.support = COMPAT, .note = NO_FORM
#define SID(nm, what)                                                                         \
	.name = nm, .type = ARG_HOSTMASK, .flags = OPT_INVERT, .metavar = "address[/mask]",   \
	.help = what, .support = COMPAT, .note = NO_FORM

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
	  .help = "tag", .support = COMPAT, .note = NO_FORM },
	{ .id = PSID, SID("srh-psid", "previous segment") },
	{ .id = NSID, SID("srh-nsid", "next segment") },
	{ .id = LSID, SID("srh-lsid", "last segment") },
	{ .name = NULL },
};

static void lower(struct lower *l, const struct ext_use *u)
{
	lower_refuse(l, u, u->nargs ? u->args[0].at : u->at, NULL, "srh: " NO_FORM);
}

static void blob_sid(const struct arg *a, struct in6_addr *addr, struct in6_addr *mask)
{
	memcpy(addr, a->host.items[0].b, sizeof(*addr));
	memcpy(mask, a->host.items[1].b, sizeof(*mask));
}

static bool compat(struct lower *l, const struct ext_use *u, struct compat_blob *blob)
{
	struct ip6t_srh1 *info = blob_new(l, blob, "srh", 1, sizeof(*info));

	for (unsigned i = 0; i < u->nargs; i++) {
		const struct arg *a = &u->args[i];

		info->mt_flags |= (uint16_t)(1u << a->id);
		info->mt_invflags |= (uint16_t)(a->invert ? 1u << a->id : 0);
		switch (a->id) {
		case NEXTHDR: info->next_hdr = (uint8_t)a->num.lo; break;
		case LEN_EQ:
		case LEN_GT:
		case LEN_LT: info->hdr_len = (uint8_t)a->num.lo; break;
		case SEGS_EQ:
		case SEGS_GT:
		case SEGS_LT: info->segs_left = (uint8_t)a->num.lo; break;
		case LAST_EQ:
		case LAST_GT:
		case LAST_LT: info->last_entry = (uint8_t)a->num.lo; break;
		case TAG: info->tag = (uint16_t)a->num.lo; break;
		case PSID: blob_sid(a, &info->psid_addr, &info->psid_msk); break;
		case NSID: blob_sid(a, &info->nsid_addr, &info->nsid_msk); break;
		case LSID: blob_sid(a, &info->lsid_addr, &info->lsid_msk); break;
		}
	}
	return true;
}

const struct ext match_srh = {
	.name = "srh",
	.kind = EXT_MATCH,
	.families = FAMILY_IPV6,
	.options = options,
	.lower = lower,
	.compat = compat,
	.help = "IPv6 segment routing header",
	.nullary = true,
};
