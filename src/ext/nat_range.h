/* SPDX-License-Identifier: GPL-2.0-or-later */
/* nat_range: the addresses and ports of SNAT, DNAT, MASQUERADE and REDIRECT. */
#ifndef IPTC2NFT_NAT_RANGE_H
#define IPTC2NFT_NAT_RANGE_H

#include "ext.h"

/* struct nf_nat_range2: `base` is given for shifted ports (NF_NAT_RANGE_PROTO_OFFSET). */
struct nat_range {
	bool has_addr, has_port, has_base;
	struct addr lo, hi;
	uint16_t port_lo, port_hi, base;
};

/* ARG_CUSTOM parsers; arg.custom is a struct nat_range. _ports: ports only. */
bool nat_range_parse(struct ext_parse *p, struct arg *out);
bool nat_range_parse_ports(struct ext_parse *p, struct arg *out);

#endif
