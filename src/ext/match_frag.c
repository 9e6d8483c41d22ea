/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * frag: net/ipv6/netfilter/ip6t_frag.c, frag_mt6(). The kernel ignores --fraglen.
 *
 * Not kept: a fragment header of less than its 8 bytes at the end of the packet is dropped by
 * ip6tables.
 */
#include "lower.h"
#include "blob.h"
#include "exthdr.h"

#include <linux/netfilter_ipv6/ip6t_frag.h>

enum { ID, LEN, RESERVED, FIRST, MORE, LAST };

static const struct ext_option options[] = {
	{ .name = "fragid", .id = ID, .type = ARG_U32_RANGE, .flags = OPT_INVERT,
	  .metavar = "id[:id]",
	  .help = "identification" },
	{ .name = "fraglen", .id = LEN, .type = ARG_U32, .flags = OPT_INVERT, .metavar = "bytes",
	  .help = "nothing: the kernel ignores it" },
	{ .name = "fragres", .id = RESERVED, .type = ARG_NONE,
	  .help = "the reserved fields are zero" },
	{ .name = "fragfirst", .id = FIRST, .type = ARG_NONE, .help = "the first fragment" },
	{ .name = "fragmore", .id = MORE, .type = ARG_NONE, .excl = 1u << LAST,
	  .help = "more fragments follow" },
	{ .name = "fraglast", .id = LAST, .type = ARG_NONE, .excl = 1u << MORE,
	  .help = "the last fragment" },
	{ .name = NULL },
};

static struct operand header(unsigned off, unsigned bits)
{
	return exthdr(IPPROTO_FRAGMENT, off, bits);
}

static void lower(struct lower *l, const struct ext_use *u)
{
	unsigned tests = 0;

	lower_need_exthdr(l, IPPROTO_FRAGMENT);
	for (unsigned i = 0; i < u->nargs; i++) {
		const struct arg *a = &u->args[i];

		l->at = a->at;
		tests += a->id != LEN;
		switch (a->id) {
		case ID: lower_range(l, header(32, 32), a->num.lo, a->num.hi, a->invert); break;
		case RESERVED:
			lower_eq(l, header(8, 8), 0, false);
			lower_eq(l, header(29, 2), 0, false);
			break;
		case FIRST: lower_eq(l, header(16, 13), 0, false); break;
		case MORE: lower_eq(l, header(31, 1), 1, false); break;
		case LAST: lower_eq(l, header(31, 1), 0, false); break;
		}
	}
	if (!tests)
		lower_exists(l, header(0, 0), false);
}

static bool compat(struct lower *l, const struct ext_use *u, struct compat_blob *blob)
{
	static const uint8_t flags[] = { [ID] = IP6T_FRAG_IDS, [LEN] = IP6T_FRAG_LEN,
					 [RESERVED] = IP6T_FRAG_RES, [FIRST] = IP6T_FRAG_FST,
					 [MORE] = IP6T_FRAG_MF, [LAST] = IP6T_FRAG_NMF };
	struct ip6t_frag *info = blob_new(l, blob, "frag", 0, sizeof(*info));

	info->ids[1] = UINT32_MAX;
	for (unsigned i = 0; i < u->nargs; i++) {
		const struct arg *a = &u->args[i];

		info->flags |= flags[a->id];
		if (a->id == ID) {
			info->ids[0] = (uint32_t)a->num.lo;
			info->ids[1] = (uint32_t)a->num.hi;
			info->invflags |= a->invert ? IP6T_FRAG_INV_IDS : 0;
		} else if (a->id == LEN) {
			info->hdrlen = (uint32_t)a->num.lo;
			info->invflags |= a->invert ? IP6T_FRAG_INV_LEN : 0;
		}
	}
	return true;
}

const struct ext match_frag = {
	.name = "frag",
	.kind = EXT_MATCH,
	.families = FAMILY_IPV6,
	.options = options,
	.lower = lower,
	.compat = compat,
	.help = "IPv6 fragment header",
	.nullary = true,
};
