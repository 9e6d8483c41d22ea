/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * esp, ipcomp: net/netfilter/xt_esp.c, esp_mt(); xt_ipcomp.c, comp_mt().
 *
 * Quirks of libxt_ipcomp: without --ipcompspi the range is 0:0, and the kernel does not look at
 * what
 * --compres asks for.
 */
#include "lower.h"

enum { SPI, RESERVED };

#define ESP_HEADER    8
#define IPCOMP_HEADER 4

static const struct ext_option esp_options[] = {
	{ .name = "espspi", .id = SPI, .type = ARG_U32_RANGE, .flags = OPT_INVERT, .implied = ":",
	  .metavar = "spi[:spi]",
	  .help = "security parameter index" },
	{ .name = NULL },
};

static const struct ext_option ipcomp_options[] = {
	{ .name = "ipcompspi", .id = SPI, .type = ARG_U32_RANGE, .flags = OPT_INVERT, .implied = "0",
	  .metavar = "cpi[:cpi]",
	  .help = "compression parameter index" },
	{ .name = "compres", .id = RESERVED, .type = ARG_NONE,
	  .help = "nothing: the kernel ignores it" },
	{ .name = NULL },
};

static void lower_esp(struct lower *l, const struct ext_use *u)
{
	const struct arg *a = use_arg(u, SPI);

	lower_need_header(l, IPPROTO_ESP, ESP_HEADER, false);
	if (!a)
		return;
	l->at = a->at;
	lower_range(l, operand_of(FIELD_ESP_SPI), a->num.lo, a->num.hi, a->invert);
}

static void lower_ipcomp(struct lower *l, const struct ext_use *u)
{
	const struct arg *a = use_arg(u, SPI);
	struct operand cpi = operand_of(FIELD_COMP_CPI);

	lower_need_header(l, IPPROTO_COMP, IPCOMP_HEADER, false);
	if (a)
		l->at = a->at;
	if (!a)
		lower_eq(l, cpi, 0, false);
	else if (a->num.lo > UINT16_MAX)
		lower_range(l, cpi, 0, UINT16_MAX, !a->invert);
	else
		lower_range(l, cpi, a->num.lo, a->num.hi > UINT16_MAX ? UINT16_MAX : a->num.hi,
			    a->invert);
}

const struct ext match_esp = {
	.name = "esp",
	.kind = EXT_MATCH,
	.families = FAMILY_BOTH,
	.protos = { IPPROTO_ESP },
	.options = esp_options,
	.lower = lower_esp,
	.help = "IPsec encapsulating security payload",
	.nullary = true,
};

const struct ext match_ipcomp = {
	.name = "ipcomp",
	.kind = EXT_MATCH,
	.families = FAMILY_BOTH,
	.protos = { IPPROTO_COMP },
	.options = ipcomp_options,
	.lower = lower_ipcomp,
	.help = "IP payload compression",
	.nullary = true,
};
