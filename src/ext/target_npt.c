/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * SNPT, DNPT: net/ipv6/netfilter/ip6t_NPT.c: a new prefix, and one 16-bit word of the address adjusted so
 * that checksums stay right (RFC 6296). nftables has no arithmetic for that word.
 */
#include "lower.h"

#include <string.h>
#include <linux/netfilter_ipv6/ip6t_NPT.h>
#include "blob.h"
#include "value.h"

enum { SRC, DST };

#define PREFIX_MAX 64

static const struct ext_option options[] = {
	{ .name = "src-pfx", .id = SRC, .type = ARG_HOSTMASK, .flags = OPT_REQUIRED, .metavar = "prefix/length",
	  .help = "prefix to replace", .support = COMPAT, .note = "nftables can't adjust an address's checksum" },
	{ .name = "dst-pfx", .id = DST, .type = ARG_HOSTMASK, .flags = OPT_REQUIRED, .metavar = "prefix/length",
	  .help = "prefix to put there", .support = COMPAT, .note = "nftables can't adjust an address's checksum" },
	{ .name = NULL },
};

/* ip6t_npt_checkentry(): at most 64 bits, and none set behind the prefix. */
static bool check(struct ruleset *rs, const struct rule *r, struct ext_use *u)
{
	(void)r;
	for (unsigned i = 0; i < u->nargs; i++) {
		const struct arg *a = &u->args[i];
		int len = mask_prefix(&a->host.items[1], FAMILY_IPV6);

		if (len < 0 || len > PREFIX_MAX) {
			diag_error(rs->diags, a->value, "a prefix has a length of at most %d", PREFIX_MAX);
			return false;
		}
		for (unsigned k = 0; k < 16; k++)
			if (a->host.items[0].b[k] & ~a->host.items[1].b[k]) {
				diag_error(rs->diags, a->value, "the address has bits behind the prefix");
				return false;
			}
	}
	return true;
}

static void lower(struct lower *l, const struct ext_use *u)
{
	lower_refuse(l, u, u->at, NULL, "%s has no native form: nftables can't adjust an address's checksum",
		     u->ext->name);
}

static bool compat(struct lower *l, const struct ext_use *u, struct compat_blob *blob)
{
	struct ip6t_npt_tginfo *info = blob_new(l, blob, u->ext->name, 0, sizeof(*info));
	const struct addr *src = use_arg(u, SRC)->host.items, *dst = use_arg(u, DST)->host.items;

	info->src_pfx.in6 = src[0].v6;
	info->dst_pfx.in6 = dst[0].v6;
	info->src_pfx_len = (uint8_t)mask_prefix(&src[1], FAMILY_IPV6);
	info->dst_pfx_len = (uint8_t)mask_prefix(&dst[1], FAMILY_IPV6);
	return true;
}

const struct ext target_snpt = {
	.name = "SNPT",
	.kind = EXT_TARGET,
	.families = FAMILY_IPV6,
	.tables = IN_TABLE(MANGLE),
	.hooks = IN_HOOK(INPUT) | IN_HOOK(POSTROUTING),
	.options = options,
	.check = check,
	.lower = lower,
	.compat = compat,
	.named_table = true,
	.help = "translate the source's prefix, without state",
};

const struct ext target_dnpt = {
	.name = "DNPT",
	.kind = EXT_TARGET,
	.families = FAMILY_IPV6,
	.tables = IN_TABLE(MANGLE),
	.hooks = IN_HOOK(PREROUTING) | IN_HOOK(OUTPUT),
	.options = options,
	.check = check,
	.lower = lower,
	.compat = compat,
	.named_table = true,
	.help = "translate the destination's prefix, without state",
};
