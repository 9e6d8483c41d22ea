/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * conn_proto: the trackers of the protocols, but for TCP: and SCTP: UDP, UDP-Lite, ICMP, GRE and
 * the rest, after net/netfilter/nf_conntrack_proto_*.c. DCCP is one of the rest since 6.16.
 * Timeouts are the kernel's defaults.
 */
#include "sim/conn.h"

#include <netinet/in.h>
#include <linux/netfilter/nf_conntrack_common.h>

#define SECONDS(n) ((uint64_t)(n) * 1000)

/* udplite_error() asks for UDP's pseudo header, so that UDP-Lite with a right checksum is INVALID when it comes in. */
static bool checksum_bad(const struct sim *s, const struct sim_packet *p)
{
	return !p->local && s->host->ct_checksum && !packet_l4_checksum_as(p, IPPROTO_UDP);
}

static enum sim_result udp_packet(struct sim *s, struct sim_packet *p, struct conn *c, bool fresh)
{
	uint32_t len = packet_l4_len(p), said;

	if (len < 8)
		return RESULT_FAIL;
	said = get16(p->data + p->thoff + 4);
	if (p->l4proto == IPPROTO_UDP) {
		if (said > len || said < 8)
			return RESULT_FAIL;
		if (get16(p->data + p->thoff + 6) && checksum_bad(s, p))
			return RESULT_FAIL;
	} else {
		if ((said && said < 8) || said > len || !get16(p->data + p->thoff + 6) ||
		    checksum_bad(s, p))
			return RESULT_FAIL;
	}
	if (fresh)
		c->stream_ms = s->now_ms + SECONDS(2);
	c->expires_ms = s->now_ms + SECONDS(30);
	if (!(c->status & IPS_SEEN_REPLY))
		return RESULT_PASS;
	if (p->l4proto == IPPROTO_UDPLITE) {
		c->expires_ms = s->now_ms + SECONDS(180);
		c->status |= IPS_ASSURED;
	} else if (s->now_ms > c->stream_ms) {
		c->expires_ms = s->now_ms + SECONDS(120);
		c->status |= IPS_ASSURED;
	}
	return RESULT_PASS;
}

static enum sim_result icmp_packet(struct sim *s, struct conn *c)
{
	uint8_t type = (uint8_t)(c->tuple[0].dport >> 8);
	bool may_begin = c->tuple[0].family == FAMILY_IPV4
				 ? type == 8 || type == 13 || type == 15 || type == 17
				 : type == 128 || type == 139;

	if (!may_begin)
		return RESULT_FAIL;
	c->expires_ms = s->now_ms + SECONDS(30);
	return RESULT_PASS;
}

static enum sim_result gre_packet(struct sim *s, struct conn *c)
{
	bool replied = c->status & IPS_SEEN_REPLY;

	c->expires_ms = s->now_ms + SECONDS(replied ? 180 : 30);
	if (replied)
		c->status |= IPS_ASSURED;
	return RESULT_PASS;
}

enum sim_result conn_proto_packet(struct sim *s, struct sim_packet *p, struct conn *c, bool reply,
				  bool fresh)
{
	switch (p->l4proto) {
	case IPPROTO_TCP: return conn_tcp_packet(s, p, c, reply, fresh);
	case IPPROTO_UDP:
	case IPPROTO_UDPLITE: return udp_packet(s, p, c, fresh);
	case IPPROTO_ICMP: return p->family == FAMILY_IPV4 ? icmp_packet(s, c) : RESULT_FAIL;
	case IPPROTO_ICMPV6: return p->family == FAMILY_IPV6 ? icmp_packet(s, c) : RESULT_FAIL;
	case IPPROTO_SCTP: return conn_sctp_packet(s, p, c, reply, fresh);
	case IPPROTO_GRE: return gre_packet(s, c);
	default:
		c->expires_ms = s->now_ms + SECONDS(600);
		return RESULT_PASS;
	}
}
