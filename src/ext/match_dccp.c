/* SPDX-License-Identifier: GPL-2.0-or-later */
/* dccp: net/netfilter/xt_dccp.c, dccp_mt(). The generic header of 12 bytes is read. */
#include "lower.h"
#include "blob.h"
#include "port_test.h"

#include <string.h>
#include <linux/netfilter/xt_dccp.h>

enum { SPORT, DPORT, TYPES, OPTION };

#define DCCP_HEADER 12 /* struct dccp_hdr */
#define TYPE_COUNT  16

/* Places are types; INVALID stands for it and all above. */
static const char *const types[] = { "REQUEST", "RESPONSE", "DATA",   "ACK",
				     "DATAACK", "CLOSEREQ", "CLOSE",  "RESET",
				     "SYNC",	"SYNCACK",  "INVALID" };

#define TYPE_NAMES   (sizeof(types) / sizeof(*types))
#define INVALID_MASK 0xfc00

static bool parse_types(struct ext_parse *p, struct arg *out)
{
	const char *s = p->word->s, *end = s + p->word->len;

	out->mark.value = 0;
	while (s < end) {
		const char *comma = memchr(s, ',', (size_t)(end - s));
		size_t n = (size_t)((comma ? comma : end) - s), i = 0;

		while (i < TYPE_NAMES && (strlen(types[i]) != n || strncasecmp(types[i], s, n)))
			i++;
		if (n && i == TYPE_NAMES)
			return ext_value_error(p, "'%.*s' is not a DCCP packet type", (int)n, s);
		if (n)
			out->mark.value |= i == TYPE_NAMES - 1 ? INVALID_MASK : 1u << i;
		s += n + 1;
	}
	return true;
}

static const struct ext_option options[] = {
	{ .name = "source-port", .id = SPORT, .type = ARG_PORT_RANGE,
	  .flags = OPT_INVERT | OPT_SERVICE,
	  .metavar = "port[:port]", .help = "source port or range" },
	{ .name = "sport", .id = SPORT, .type = ARG_PORT_RANGE,
	  .flags = OPT_INVERT | OPT_SERVICE | OPT_ALIAS },
	{ .name = "destination-port", .id = DPORT, .type = ARG_PORT_RANGE,
	  .flags = OPT_INVERT | OPT_SERVICE,
	  .metavar = "port[:port]", .help = "destination port or range" },
	{ .name = "dport", .id = DPORT, .type = ARG_PORT_RANGE,
	  .flags = OPT_INVERT | OPT_SERVICE | OPT_ALIAS },
	{ .name = "dccp-types", .id = TYPES, .type = ARG_CUSTOM, .flags = OPT_INVERT,
	  .parse = parse_types,
	  .metavar = "type[,type…]", .help = "packet type is one of these" },
	{ .name = "dccp-option", .id = OPTION, .type = ARG_U8, .flags = OPT_INVERT, .min = 1,
	  .max = 255,
	  .metavar = "number", .help = "has this DCCP option", .support = COMPAT,
	  .note = "nftables 1.0.6 can't look for one" },
	{ .name = NULL },
};

static void lower_types(struct lower *l, const struct arg *a)
{
	struct arg_range list[TYPE_COUNT];
	uint32_t n = 0;

	for (unsigned t = 0; t < TYPE_COUNT; t++)
		if (a->mark.value & 1u << t)
			list[n++] = (struct arg_range){ t, t };
	if (!n || n == TYPE_COUNT) { /* none or all; the header is there */
		if (!n != a->invert)
			lower_never(l);
		return;
	}
	lower_in(l, operand_of(FIELD_DCCP_TYPE), list, n, a->invert);
}

static void lower(struct lower *l, const struct ext_use *u)
{
	const struct arg *option = use_arg(u, OPTION);

	if (option) {
		lower_refuse(l, u, option->at, NULL,
			     "--dccp-option: nftables 1.0.6 can't look for DCCP options");
		return;
	}
	lower_need_header(l, IPPROTO_DCCP, DCCP_HEADER, false);
	for (unsigned i = 0; i < u->nargs; i++) {
		const struct arg *a = &u->args[i];

		l->at = a->at;
		switch (a->id) {
		case SPORT: port_test(l, FIELD_DCCP_SPORT, a); break;
		case DPORT: port_test(l, FIELD_DCCP_DPORT, a); break;
		case TYPES: lower_types(l, a); break;
		}
	}
}

static bool compat(struct lower *l, const struct ext_use *u, struct compat_blob *blob)
{
	static const uint16_t flags[] = { [SPORT] = XT_DCCP_SRC_PORTS, [DPORT] = XT_DCCP_DEST_PORTS,
					  [TYPES] = XT_DCCP_TYPE, [OPTION] = XT_DCCP_OPTION };
	struct xt_dccp_info *info = blob_new(l, blob, "dccp", 0, sizeof(*info));

	for (unsigned i = 0; i < u->nargs; i++) {
		const struct arg *a = &u->args[i];

		info->flags |= flags[a->id];
		info->invflags |= a->invert ? flags[a->id] : 0;
		switch (a->id) {
		case SPORT:
		case DPORT: {
			__u16 *to = a->id == SPORT ? info->spts : info->dpts;

			to[0] = (uint16_t)a->num.lo;
			to[1] = (uint16_t)a->num.hi;
			break;
		}
		case TYPES: info->typemask = (uint16_t)a->mark.value; break;
		case OPTION: info->option = (uint8_t)a->num.lo; break;
		}
	}
	return true;
}

const struct ext match_dccp = {
	.name = "dccp",
	.kind = EXT_MATCH,
	.families = FAMILY_BOTH,
	.protos = { IPPROTO_DCCP },
	.options = options,
	.lower = lower,
	.compat = compat,
	.help = "DCCP ports and packet types",
	.nullary = true,
};
