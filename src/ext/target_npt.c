/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * SNPT, DNPT: net/ipv6/netfilter/ip6t_NPT.c: a new prefix, and one 16-bit word of the address adjusted so
 * that checksums stay right (RFC 6296). nftables has no arithmetic for that word.
 */
#include "lower.h"

#include <netinet/in.h>
#include <string.h>
#include <linux/netfilter_ipv6/ip6t_NPT.h>
#include "blob.h"
#include "sim/packet.h"
#include "value.h"

enum { SRC, DST };

extern const struct ext target_snpt;

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

/* ip6t_npt_map_pfx(); false: the address has no word to adjust */
static bool map_prefix(const struct addr *src, const struct addr *dst, uint8_t *addr)
{
	unsigned src_len = (unsigned)mask_prefix(&src[1], FAMILY_IPV6), len = (unsigned)mask_prefix(&dst[1], FAMILY_IPV6);
	unsigned word = 3;
	uint32_t sum;

	if (src_len > len)
		len = src_len;
	for (unsigned i = 0; i < len; i++) {
		uint8_t bit = (uint8_t)(0x80 >> i % 8);

		addr[i / 8] = (uint8_t)((addr[i / 8] & ~bit) | (dst->b[i / 8] & bit));
	}
	if (len > 48)
		for (word = 4; word < 8 && get16(addr + 2 * word) == 0xffff;)
			word++;
	if (word == 8)
		return false;
	/* the word, plus the sum of the old prefix, minus that of the new one */
	sum = get16(addr + 2 * word) + (uint16_t)~csum_fold(csum_add(0, src->b, 16)) +
	      csum_fold(csum_add(0, dst->b, 16));
	sum = (sum & 0xffff) + (sum >> 16);
	sum = (sum & 0xffff) + (sum >> 16);
	put16(addr + 2 * word, sum == 0xffff ? 0 : sum);
	return true;
}

/* ip6t_snpt_tg(), ip6t_dnpt_tg(): the address, and that of a packet that an ICMPv6 error quotes */
static int eval(const struct ext_use *u, struct sim_packet *p)
{
	const struct addr *src = use_arg(u, SRC)->host.items, *dst = use_arg(u, DST)->host.items;
	bool source = u->ext == &target_snpt;
	unsigned len = (unsigned)mask_prefix(&src[1], FAMILY_IPV6);
	struct addr quoted;
	uint8_t *inner;

	if (!map_prefix(src, dst, p->data + (source ? 8 : 24)))
		return 1;
	if (p->data[6] != IPPROTO_ICMPV6 || packet_l4_len(p) < 48 || p->data[p->thoff] >= 128)
		return 0;
	inner = p->data + p->thoff + 8 + (source ? 24 : 8);
	memcpy(quoted.b, inner, 16);
	if (prefix_match(&quoted, src, len))
		map_prefix(src, dst, inner);
	return 0;
}

static void lower(struct lower *l, const struct ext_use *u)
{
	lower_refuse(l, u, u->at, eval, "%s has no native form: nftables can't adjust an address's checksum",
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
