/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ah: net/ipv4/netfilter/ipt_ah.c, ah_mt(); net/ipv6/netfilter/ip6t_ah.c, ah_mt6().
 *
 * IPv6 needs no -p: the header is looked for. Both xtables and nft find it with ipv6_find_hdr();
 * nft takes it for the transport header, if there is one. Not kept: a header whose length field
 * reaches beyond the packet is dropped by ip6tables.
 */
#include "lower.h"

#include "exthdr.h"

enum { SPI, LEN, RESERVED };

#define AH_HEADER 12 /* struct ip_auth_hdr */

#define OPTION_SPI                                                                           \
	{ .name = "ahspi", .id = SPI, .type = ARG_U32_RANGE, .flags = OPT_INVERT, .implied = ":", \
	  .metavar = "spi[:spi]", .help = "security parameter index" }

static const struct ext_option options4[] = { OPTION_SPI, { .name = NULL } };

static const struct ext_option options6[] = {
	OPTION_SPI,
	{ .name = "ahlen", .id = LEN, .type = ARG_U32, .flags = OPT_INVERT, .metavar = "bytes",
	  .help = "length of the header; 0: any" },
	{ .name = "ahres", .id = RESERVED, .type = ARG_NONE, .help = "the reserved field is zero" },
	{ .name = NULL },
};

static void lower_spi(struct lower *l, const struct arg *a)
{
	l->at = a->at;
	lower_range(l, operand_of(FIELD_AH_SPI), a->num.lo, a->num.hi, a->invert);
}

static void lower4(struct lower *l, const struct ext_use *u)
{
	lower_need_header(l, IPPROTO_AH, AH_HEADER, false);
	if (u->nargs)
		lower_spi(l, &u->args[0]);
}

/* The field counts units of 4 bytes, without the first two. */
static void lower_len(struct lower *l, const struct arg *a)
{
	struct operand len = operand_of(FIELD_AH_HDRLENGTH);
	uint64_t units = a->num.lo / 4 - 2;

	l->at = a->at;
	if (a->num.lo == 0)
		return;
	if (a->num.lo % 4 || a->num.lo < 8 || units > UINT8_MAX)
		lower_range(l, len, 0, UINT8_MAX, !a->invert);
	else
		lower_eq(l, len, units, a->invert);
}

/* For the simulator, whose walk goes through AH to what is behind it. */
static void lower_header(struct lower *l, const struct ext_use *u)
{
	lower_need_exthdr(l, IPPROTO_AH);
	lower_exists(l, exthdr(IPPROTO_AH, 0, 0), false);
	for (unsigned i = 0; i < u->nargs; i++) {
		const struct arg *a = &u->args[i];
		uint64_t units = a->num.lo / 4 - 2;

		l->at = a->at;
		if (a->id == SPI)
			lower_range(l, exthdr(IPPROTO_AH, 32, 32), a->num.lo, a->num.hi, a->invert);
		else if (a->id == RESERVED)
			lower_eq(l, exthdr(IPPROTO_AH, 16, 16), 0, false);
		else if (a->num.lo && (a->num.lo % 4 || a->num.lo < 8 || units > UINT8_MAX))
			lower_range(l, exthdr(IPPROTO_AH, 8, 8), 0, UINT8_MAX, !a->invert);
		else if (a->num.lo)
			lower_eq(l, exthdr(IPPROTO_AH, 8, 8), units, a->invert);
	}
}

static void lower6(struct lower *l, const struct ext_use *u)
{
	if (l->for_explain) {
		lower_header(l, u);
		return;
	}
	lower_need_exthdr(l, IPPROTO_AH);
	lower_eq(l, operand_of(FIELD_META_L4PROTO), IPPROTO_AH, false);
	lower_need_header(l, IPPROTO_AH, AH_HEADER, false);
	for (unsigned i = 0; i < u->nargs; i++) {
		const struct arg *a = &u->args[i];

		switch (a->id) {
		case SPI: lower_spi(l, a); break;
		case LEN: lower_len(l, a); break;
		case RESERVED: lower_eq(l, operand_of(FIELD_AH_RESERVED), 0, false); break;
		}
	}
}

const struct ext match_ah = {
	.name = "ah",
	.kind = EXT_MATCH,
	.families = FAMILY_IPV4,
	.protos = { IPPROTO_AH },
	.options = options4,
	.lower = lower4,
	.help = "IPsec authentication header",
	.nullary = true,
};

const struct ext match_ah6 = {
	.name = "ah",
	.kind = EXT_MATCH,
	.families = FAMILY_IPV6,
	.options = options6,
	.lower = lower6,
	.help = "IPsec authentication header",
	.nullary = true,
};
