/* SPDX-License-Identifier: GPL-2.0-or-later */
/* nat_tuple: the tuple that a translation leads to. */
#ifndef IPTC2NFT_SIM_NAT_TUPLE_H
#define IPTC2NFT_SIM_NAT_TUPLE_H

#include "sim/conn.h"

/* struct nf_nat_range2 */
struct nat_range {
	bool map_ips, map_ports;
	uint8_t flags; /* NAT_* of ir.h */
	struct addr lo, hi;
	uint16_t port_lo, port_hi;
};

/* get_unique_tuple(). *random: the port was drawn at random. */
void nat_unique(struct sim *s, struct conn *c, const struct tuple *orig, const struct nat_range *r,
		bool src, struct tuple *out, bool *random);

#endif
