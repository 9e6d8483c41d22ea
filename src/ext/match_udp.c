/* SPDX-License-Identifier: GPL-2.0-or-later */
/* udp: net/netfilter/xt_tcpudp.c, udp_mt(). A header of less than 8 bytes drops the packet. */
#include "lower.h"
#include "port_test.h"

enum { SPORT, DPORT };

#define UDP_HEADER 8

static const struct ext_option options[] = {
	{ .name = "source-port", .id = SPORT, .type = ARG_PORT_RANGE, .implied = ":",
	  .flags = OPT_INVERT | OPT_SERVICE,
	  .metavar = "port[:port]", .help = "source port or range" },
	{ .name = "sport", .id = SPORT, .type = ARG_PORT_RANGE, .flags = OPT_INVERT | OPT_SERVICE | OPT_ALIAS },
	{ .name = "destination-port", .id = DPORT, .type = ARG_PORT_RANGE, .implied = ":",
	  .flags = OPT_INVERT | OPT_SERVICE,
	  .metavar = "port[:port]", .help = "destination port or range" },
	{ .name = "dport", .id = DPORT, .type = ARG_PORT_RANGE, .flags = OPT_INVERT | OPT_SERVICE | OPT_ALIAS },
	{ .name = NULL },
};

static void lower(struct lower *l, const struct ext_use *u)
{
	uint16_t proto = u->ext->protos[0];

	lower_need_header(l, (uint8_t)proto, UDP_HEADER, false);
	for (unsigned i = 0; i < u->nargs; i++) {
		l->at = u->args[i].at;
		port_test(l, port_field(proto, u->args[i].id == DPORT), &u->args[i]);
	}
}

const struct ext match_udp = {
	.name = "udp",
	.kind = EXT_MATCH,
	.families = FAMILY_BOTH,
	.protos = { IPPROTO_UDP },
	.options = options,
	.lower = lower,
	.help = "UDP ports",
	.nullary = true,
};
