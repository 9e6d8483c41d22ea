/* SPDX-License-Identifier: GPL-2.0-or-later */
/* port_test: a port range as transport matches compare it. */
#ifndef IPTC2NFT_PORT_TEST_H
#define IPTC2NFT_PORT_TEST_H

#include "lower.h"

/* `! 0:65535` matches nothing, 0:65535 all: port_match() of xt_tcpudp.c makes no exception. */
static inline void port_test(struct lower *l, enum field_id f, const struct arg *a)
{
	lower_range(l, operand_of(f), a->num.lo, a->num.hi, a->invert);
}

/* Source or destination port field of a protocol that has ports, FIELD_COUNT for others. */
enum field_id port_field(unsigned proto, bool destination);

#endif
