/* SPDX-License-Identifier: GPL-2.0-or-later */
/* nl_value: numbers of the IR as the kernel's registers hold them. */
#include "nl.h"

#include <endian.h>

unsigned nl_words(unsigned bytes)
{
	return (bytes + 3) / 4;
}

struct nl_bits nl_bits(unsigned offset, unsigned bits)
{
	struct nl_bits p;

	p.offset = offset / 8;
	p.bytes = (offset + bits + 7) / 8 - p.offset;
	p.shift = p.bytes * 8 - offset % 8 - bits;
	return p;
}

void nl_shift_bytes(uint8_t *out, unsigned bytes, const uint8_t *in, unsigned from, unsigned shift)
{
	unsigned whole = shift / 8, part = shift % 8;

	/* Byte i from the right gets bits of bytes i - whole and i - whole - 1. */
	for (unsigned i = 0; i < bytes; i++) {
		unsigned v = 0;

		if (i >= whole && i - whole < from)
			v = (unsigned)in[from - 1 - (i - whole)] << part;
		if (part && i > whole && i - whole - 1 < from)
			v |= in[from - (i - whole)] >> (8 - part);
		out[bytes - 1 - i] = (uint8_t)v;
	}
}

void nl_reverse(uint8_t *p, unsigned n)
{
	for (unsigned i = 0; i < n / 2; i++) {
		uint8_t c = p[i];

		p[i] = p[n - 1 - i];
		p[n - 1 - i] = c;
	}
}

/* The kernel's registers are little-endian where the machine is. */
bool nl_swapped(const struct nl_reg *r)
{
	return r->host && __BYTE_ORDER == __LITTLE_ENDIAN;
}

void nl_value(const struct nl_reg *r, const struct operand *o, const struct value *v, uint8_t *out)
{
	nl_shift_bytes(out, r->bytes, v->b, operand_bytes(o), r->shift);
	if (nl_swapped(r))
		nl_reverse(out, r->bytes);
}
