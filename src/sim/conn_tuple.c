/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * conn_tuple: what identifies a connection (nf_ct_get_tuple(), nf_ct_invert_tuple()).
 *
 * ICMP: the id, and type and code; only requests have an answer. PPTP's GRE: the
 * call, and no key of the other side, which only the PPTP helper knows. Others: the addresses alone.
 */
#include "sim/conn.h"

#include <netinet/in.h>

#define GRE_PROTOCOL_PPTP 0x880b

/* The type that answers an ICMP type; -1: none does. */
static int icmp_answer(uint8_t type)
{
	switch (type) {
	case 8: return 0;
	case 0: return 8;
	case 13: return 14;
	case 14: return 13;
	case 15: return 16;
	case 16: return 15;
	case 17: return 18;
	case 18: return 17;
	default: return -1;
	}
}

static int icmpv6_answer(uint8_t type)
{
	switch (type) {
	case 128: return 129;
	case 129: return 128;
	case 139: return 140;
	case 140: return 139;
	default: return -1;
	}
}

bool conn_tuple(const struct sim_packet *p, struct tuple *t)
{
	const uint8_t *h = p->data + p->thoff;
	uint32_t len = packet_l4_len(p);

	memset(t, 0, sizeof(*t));
	packet_addrs(p, &t->src, &t->dst);
	t->proto = p->l4proto;
	t->family = (uint8_t)p->family;
	t->zone = p->zone;
	if (p->family == FAMILY_IPV4 && p->len < 20)
		return false;
	if (proto_has_ports(p->l4proto) && p->l4proto != IPPROTO_DCCP) {
		if (len < 4) /* nf_ct_get_tuple_ports(), TCP too */
			return false;
		t->sport = get16(h);
		t->dport = get16(h + 2);
	} else if (p->l4proto == (p->family == FAMILY_IPV6 ? IPPROTO_ICMPV6 : IPPROTO_ICMP)) {
		if (len < 8)
			return false;
		t->sport = get16(h + 4);
		t->dport = get16(h);
	} else if (p->l4proto == IPPROTO_GRE && len >= 4 && (h[1] & GRE_VERSION) == GRE_VERSION_PPTP) {
		if (get16(h + 2) != GRE_PROTOCOL_PPTP)
			return false;
		t->dport = len >= 8 ? get16(h + 6) : 0;
	}
	return true;
}

bool conn_invert(const struct tuple *t, struct tuple *out)
{
	bool icmp = t->family == FAMILY_IPV4 && t->proto == IPPROTO_ICMP;
	bool icmp6 = t->family == FAMILY_IPV6 && t->proto == IPPROTO_ICMPV6;

	*out = *t;
	out->src = t->dst;
	out->dst = t->src;
	if (icmp || icmp6) {
		int type = icmp ? icmp_answer((uint8_t)(t->dport >> 8)) :
				  icmpv6_answer((uint8_t)(t->dport >> 8));

		if (type < 0)
			return false;
		out->dport = (uint16_t)(type << 8 | (t->dport & 0xff));
		return true;
	}
	out->sport = t->dport;
	out->dport = t->sport;
	return true;
}
