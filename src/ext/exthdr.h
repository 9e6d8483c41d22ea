/* SPDX-License-Identifier: GPL-2.0-or-later */
/* exthdr: what the matches on IPv6 extension headers share. */
#ifndef IPTC2NFT_EXTHDR_H
#define IPTC2NFT_EXTHDR_H

#include "lower.h"

static inline struct operand exthdr(uint8_t type, unsigned off, unsigned bits)
{
	struct operand o = operand_of(FIELD_EXTHDR);

	o.hdr.type = type;
	o.hdr.off = (uint16_t)off;
	o.hdr.bits = (uint16_t)bits;
	return o;
}

static inline struct operand exthdr_address(uint8_t type, unsigned off)
{
	struct operand o = exthdr(type, off, 128);

	o.field = FIELD_EXTHDR_ADDR;
	return o;
}

/* lo..hi of a byte, or not; numbers that no byte has match none. */
static inline void lower_byte(struct lower *l, struct operand o, uint64_t lo, uint64_t hi,
			      bool invert)
{
	if (lo > UINT8_MAX)
		lower_range(l, o, 0, UINT8_MAX, !invert);
	else
		lower_range(l, o, lo, hi > UINT8_MAX ? UINT8_MAX : hi, invert);
}

/* A header's length in bytes: the field counts units of 8 after the first 8, ipv6_optlen(). */
static inline void lower_optlen(struct lower *l, uint8_t type, uint64_t bytes, bool invert)
{
	uint64_t units = bytes % 8 || !bytes ? UINT16_MAX : bytes / 8 - 1;

	lower_byte(l, exthdr(type, 8, 8), units, units, invert);
}

#endif
