/* SPDX-License-Identifier: GPL-2.0-or-later */
/* report: what the reports of a verification share. */
#ifndef IPTC2NFT_VERIFY_REPORT_H
#define IPTC2NFT_VERIFY_REPORT_H

#include "buffer.h"
#include "verify/verify.h"

/* "rules.v4:17" */
void report_place(const struct verify *v, struct span at, struct buffer *b);
/* The line as the input has it, without its end; control bytes as \xNN. */
void report_line(const struct verify *v, struct span at, struct buffer *b);

/* As a line of a packet.spec: what --explain and --packet take. */
void report_spec(const struct verify *v, const struct verify_packet *p, struct buffer *b);
/* "tcp 198.51.100.7:40000 -> 203.0.113.2:22 SYN" */
void report_bytes(const struct verify *v, const uint8_t *bytes, uint32_t len, struct buffer *b);

/* The name of an interface by its position from 1; "" for 0. */
const char *report_iface(const struct verify *v, uint32_t position);

/* The records of a packet on a side: the first, and the one after @r; NULL: no more. */
const struct record *report_first(const struct side *s, uint32_t packet);
const struct record *report_next(const struct side *s, const struct record *r);
static inline const uint8_t *report_payload(const struct record *r)
{
	return (const uint8_t *)(r + 1);
}

/* The rules that matched a packet on one side only: up to @max numbers. */
unsigned report_involved(const struct verify *v, uint32_t packet, uint32_t *out, unsigned max);

/* Packets of the plan before this one between the same addresses: they opened its connection. */
unsigned report_before(const struct verify *v, uint32_t packet, uint32_t *out, unsigned max);

/* What the two sides are called. */
const char *report_side(const struct verify *v, unsigned side);

#endif
