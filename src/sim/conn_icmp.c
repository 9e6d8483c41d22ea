/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * conn_icmp: ICMP errors belong to the connection of the packet they quote.
 *
 * nf_conntrack_icmpv4_error(), nf_conntrack_icmpv6_error() and nf_conntrack_inet_error() of
 * net/netfilter/nf_conntrack_proto_icmp*.c. PASS with a connection: RELATED. FAIL: INVALID.
 */
#include "sim/conn.h"

#include <netinet/in.h>

#define NR_ICMP_TYPES 18

static bool is_error4(uint8_t type)
{
	return type == 3 || type == 4 || type == 5 || type == 11 || type == 12;
}

/* MLD and neighbour discovery are not tracked. */
static bool is_untracked6(uint8_t type)
{
	return (type >= 130 && type <= 136) || type == 143 || type == 151 || type == 152;
}

static enum sim_result quoted(struct sim *s, struct sim_packet *p, uint32_t at)
{
	struct sim_packet inner = { .family = p->family, .zone = p->zone };
	struct tuple t, back;
	struct addr src, dst;
	struct conn *c;
	bool reply;

	if (at > p->len)
		return RESULT_FAIL;
	inner.data = p->data + at;
	inner.len = p->len - at;
	if (inner.len < (p->family == FAMILY_IPV6 ? 40u : 20u) ||
	    inner.data[0] >> 4 != (p->family == FAMILY_IPV6 ? 6 : 4))
		return RESULT_FAIL;
	packet_parse(&inner);
	if (!inner.whole || inner.fragoff || !conn_tuple(&inner, &t) || !conn_invert(&t, &back))
		return RESULT_FAIL;
	c = conn_find(s, &back, &reply);
	if (!c)
		return RESULT_FAIL;
	packet_addrs(p, &src, &dst);
	if (memcmp(&dst, &c->tuple[reply].dst, sizeof(dst)) != 0)
		return RESULT_FAIL;
	p->conn = c;
	p->reply_dir = reply;
	p->ct_state = PACKET_STATE_RELATED;
	return RESULT_PASS;
}

enum sim_result conn_icmp_error(struct sim *s, struct sim_packet *p)
{
	bool v4 = p->family == FAMILY_IPV4;
	uint8_t type;

	if (p->l4proto != (v4 ? IPPROTO_ICMP : IPPROTO_ICMPV6))
		return RESULT_PASS;
	if (packet_l4_len(p) < 8)
		return RESULT_FAIL;
	if (!p->local && s->host->ct_checksum && !packet_l4_checksum_ok(p))
		return RESULT_FAIL;
	type = p->data[p->thoff];
	if (v4) {
		if (type > NR_ICMP_TYPES)
			return RESULT_FAIL;
		if (!is_error4(type))
			return RESULT_PASS;
		return quoted(s, p, p->thoff + 8);
	}
	if (is_untracked6(type)) {
		p->ct_state = PACKET_STATE_UNTRACKED;
		return RESULT_PASS;
	}
	if (type == 137) /* a redirect quotes the packet in an option; without one it is invalid */
		return RESULT_FAIL;
	return type >= 128 ? RESULT_PASS : quoted(s, p, p->thoff + 8);
}
