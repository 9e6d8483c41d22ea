/* SPDX-License-Identifier: GPL-2.0-or-later */
/* load: the value of an operand for a packet. */
#ifndef IPTC2NFT_SIM_LOAD_H
#define IPTC2NFT_SIM_LOAD_H

#include "field.h"
#include "sim/packet.h"

enum load_result {
	LOAD_OK,
	LOAD_BREAK,   /* the packet has no such field: the rule does not match */
	LOAD_UNKNOWN, /* can't be known offline */
};

struct sim;

/* @width: the operand's bytes; the value is as struct value says. Transformations are applied. */
enum load_result load_operand(struct sim *s, const struct sim_packet *p, const struct operand *o,
			      struct value *out);

/* The operand's transformations of a field's value. */
void operand_transform(const struct operand *o, struct value *v);

/* Store: the destinations of ASSIGN. false: the field can't be written. */
bool store_operand(struct sim *s, struct sim_packet *p, const struct operand *o,
		   const struct value *v);

enum load_result load_header(const struct sim_packet *p, const struct operand *o, struct value *out);
enum load_result load_ct(struct sim *s, const struct sim_packet *p, const struct operand *o,
			 struct value *out);

/* Where xtables' matches read the transport header, and what is left of the packet from there. That
 * is the start of a later fragment of IPv6, for matches that don't ask whether there is a header. */
const uint8_t *load_transport(const struct sim_packet *p, uint32_t *len);

/* ipv6_find_hdr(): where the extension header is; 0: not there */
uint32_t load_find_header6(const struct sim_packet *p, uint8_t type);

/* Bits of a run of bytes, right-aligned; false: beyond the end. */
bool load_bits(const uint8_t *b, uint32_t len, uint32_t bit, unsigned bits, struct value *out);
void store_bits(uint8_t *b, uint32_t bit, unsigned bits, const struct value *v);

#endif
