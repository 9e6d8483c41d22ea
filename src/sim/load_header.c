/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * load_header: fields that are in the packet's bytes: payload, IPv6 extension headers, TCP and IP
 * options, SCTP chunks.
 */
#include "sim/load.h"

#include <netinet/in.h>
#include <netinet/tcp.h>


bool load_bits(const uint8_t *b, uint32_t len, uint32_t bit, unsigned bits, struct value *out)
{
	unsigned bytes = (bits + 7) / 8, pad = bytes * 8 - bits;

	memset(out, 0, sizeof(*out));
	if ((uint64_t)bit + bits > (uint64_t)len * 8 || bits > 128)
		return false;
	if (!pad && bit % 8 == 0) {
		memcpy(out->b, b + bit / 8, bytes);
		return true;
	}
	for (unsigned i = 0; i < bits; i++)
		if (b[(bit + i) / 8] >> (7 - (bit + i) % 8) & 1)
			out->b[(pad + i) / 8] |= (uint8_t)(0x80 >> (pad + i) % 8);
	return true;
}

void store_bits(uint8_t *b, uint32_t bit, unsigned bits, const struct value *v)
{
	unsigned pad = (bits + 7) / 8 * 8 - bits;

	for (unsigned i = 0; i < bits; i++) {
		uint8_t mask = (uint8_t)(0x80 >> (bit + i) % 8);
		bool set = v->b[(pad + i) / 8] >> (7 - (pad + i) % 8) & 1;

		b[(bit + i) / 8] = (uint8_t)(set ? b[(bit + i) / 8] | mask : b[(bit + i) / 8] & ~mask);
	}
}

static enum load_result bits(const uint8_t *b, uint32_t len, uint32_t bit, unsigned n,
			     struct value *out)
{
	return load_bits(b, len, bit, n, out) ? LOAD_OK : LOAD_BREAK;
}

static enum load_result payload(const struct sim_packet *p, unsigned base, uint32_t bit, unsigned n,
				struct value *out)
{
	uint8_t mac[14];

	switch ((enum payload_base)base) {
	case BASE_LL:
		if (!p->has_mac)
			return LOAD_BREAK;
		memcpy(mac, p->dmac, 6);
		memcpy(mac + 6, p->smac, 6);
		put16(mac + 12, p->family == FAMILY_IPV6 ? 0x86dd : 0x0800);
		return bits(mac, 14, bit, n, out);
	case BASE_NH: return bits(p->data, p->len, bit, n, out);
	case BASE_TH:
		/* A later fragment of IPv6 has no transport header for xtables either. */
		if (p->thoff > p->len || !p->whole || (p->fragoff && p->family == FAMILY_IPV6))
			return LOAD_BREAK;
		return bits(p->data + p->thoff, p->len - p->thoff, bit, n, out);
	}
	return LOAD_BREAK;
}

const uint8_t *load_transport(const struct sim_packet *p, uint32_t *len)
{
	uint32_t at = p->fragoff && p->family == FAMILY_IPV6 ? 0 : p->thoff;

	*len = at < p->len ? p->len - at : 0;
	return p->data + at;
}

/* ipv6_find_hdr() for one header; 0: not there. */
uint32_t load_find_header6(const struct sim_packet *p, uint8_t type)
{
	uint32_t at = 40;
	uint8_t next;

	if (p->family != FAMILY_IPV6 || p->len < 40)
		return 0;
	next = p->data[6];
	for (;;) {
		uint32_t len;

		if (next != IPPROTO_HOPOPTS && next != IPPROTO_ROUTING && next != IPPROTO_FRAGMENT &&
		    next != IPPROTO_AH && next != IPPROTO_DSTOPTS)
			return next == type ? at : 0;
		if (at + (next == IPPROTO_FRAGMENT || next == IPPROTO_ROUTING ? 4 : 2) > p->len)
			return 0;
		if (next == type)
			return at;
		if (next == IPPROTO_FRAGMENT && get16(p->data + at + 2) & 0xfff8)
			return 0;
		len = next == IPPROTO_FRAGMENT ? 8
		      : next == IPPROTO_AH     ? (p->data[at + 1] + 2u) << 2
					       : (p->data[at + 1] + 1u) << 3;
		next = p->data[at];
		at += len;
	}
}

static enum load_result exthdr(const struct sim_packet *p, const struct operand *o, struct value *out)
{
	uint32_t at = load_find_header6(p, o->hdr.type);

	if (o->exists) {
		*out = value_num(at != 0, 1);
		return LOAD_OK;
	}
	return at ? bits(p->data + at, p->len - at, o->hdr.off, o->hdr.bits, out) : LOAD_BREAK;
}

/* Options of kind, length, data; 0 ends, 1 stands alone. -1: not there. */
static int find_option(const uint8_t *b, uint32_t from, uint32_t end, uint8_t kind)
{
	while (from < end) {
		uint32_t len;

		if (b[from] == kind && (kind < 2 || from + 1 < end))
			return (int)from;
		if (b[from] == 0)
			return -1;
		if (b[from] == 1) {
			from++;
			continue;
		}
		if (from + 1 >= end)
			return -1;
		len = b[from + 1];
		if (len < 2)
			return -1;
		from += len;
	}
	return -1;
}

/*
 * tcp_find_option() of xt_tcpudp.c and the walk of xt_tcpmss.c: 0 does not end it, and a length of
 * 0 is one byte. @length: what an option of the kind has to have, 0 is any.
 */
static int find_tcp_option(const uint8_t *b, uint32_t end, uint8_t kind, unsigned length)
{
	uint32_t at = 20;

	while (at < end) {
		unsigned size = b[at] < 2 || at + 1 >= end || !b[at + 1] ? 1 : b[at + 1];

		if (b[at] == kind && (!length || (end - at >= length && size == length)))
			return (int)at;
		at += size;
	}
	return -1;
}

static enum load_result option(const uint8_t *b, int at, uint32_t end, const struct operand *o,
			       struct value *out)
{
	if (o->exists) {
		*out = value_num(at >= 0, 1);
		return LOAD_OK;
	}
	if (at < 0)
		return LOAD_BREAK;
	return bits(b + at, end - (uint32_t)at, o->hdr.off, o->hdr.bits, out);
}

static enum load_result tcp_option(const struct sim_packet *p, const struct operand *o,
				   struct value *out)
{
	uint32_t len, end;
	unsigned mss = o->hdr.type == TCPOPT_MAXSEG && o->hdr.bits ? TCPOLEN_MAXSEG : 0;
	const uint8_t *b = load_transport(p, &len);

	/* tcpmss looks for an MSS anywhere; other matches have asked for a header. */
	if (p->l4proto != IPPROTO_TCP || (p->fragoff && !mss) || len < 20)
		return LOAD_BREAK;
	end = (b[12] >> 4) * 4u;
	if (end < 20 || end > len)
		return LOAD_BREAK;
	return option(b, find_tcp_option(b, end, o->hdr.type, mss), end, o, out);
}

static enum load_result ip_option(const struct sim_packet *p, const struct operand *o,
				  struct value *out)
{
	if (p->family != FAMILY_IPV4 || p->thoff < 20 || p->thoff > p->len)
		return LOAD_BREAK;
	return option(p->data, find_option(p->data, 20, p->thoff, o->hdr.type), p->thoff, o, out);
}

static enum load_result sctp_chunk(const struct sim_packet *p, const struct operand *o,
				   struct value *out)
{
	uint32_t at = p->thoff + 12;

	if (p->l4proto != IPPROTO_SCTP || p->fragoff || packet_l4_len(p) < 12)
		return LOAD_BREAK;
	while (at + 4 <= p->len) {
		uint32_t len = get16(p->data + at + 2);

		if (p->data[at] == o->hdr.type) {
			if (o->exists) {
				*out = value_num(1, 1);
				return LOAD_OK;
			}
			return bits(p->data + at, p->len - at, o->hdr.off, o->hdr.bits, out);
		}
		if (len < 4)
			break;
		at += (len + 3) & ~3u;
	}
	if (!o->exists)
		return LOAD_BREAK;
	*out = value_num(0, 1);
	return LOAD_OK;
}

enum load_result load_header(const struct sim_packet *p, const struct operand *o, struct value *out)
{
	const struct field_info *f = &field_table[o->field];

	switch ((enum field_kind)f->kind) {
	case KIND_PAYLOAD: return payload(p, f->base, f->off, f->bits, out);
	case KIND_RAW: return payload(p, o->raw.base, o->raw.off, o->raw.bits, out);
	case KIND_EXTHDR: return exthdr(p, o, out);
	case KIND_TCPOPT: return tcp_option(p, o, out);
	case KIND_IPOPT: return ip_option(p, o, out);
	case KIND_SCTPCHUNK: return sctp_chunk(p, o, out);
	case KIND_META:
	case KIND_CT:
	case KIND_FIB:
	case KIND_RT:
	case KIND_SOCKET:
	case KIND_IPSEC:
	case KIND_OSF:
	case KIND_GEN: break;
	}
	return LOAD_UNKNOWN;
}
