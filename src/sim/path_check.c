/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * path_check: packets that the IP layer itself refuses.
 *
 * ip_rcv_core(), ip_rcv_options(), ip_forward() of net/ipv4, ip6_rcv_core(), ip6_forward() of net/ipv6.
 */
#include "sim/path.h"

#include <netinet/icmp6.h>
#include <netinet/in.h>
#include <netinet/ip_icmp.h>
#include <linux/if_packet.h>

static const char *received4(struct sim_packet *p)
{
	uint32_t ihl, len;

	if (p->len < 20)
		return "shorter than an IP header";
	ihl = (p->data[0] & 15u) * 4;
	if (p->data[0] >> 4 != 4 || ihl < 20 || ihl > p->len)
		return "the IP header is malformed";
	if (csum_fold(csum_add(0, p->data, ihl)))
		return "the IP header's checksum is wrong";
	len = get16(p->data + 2);
	if (p->len < len || len < ihl)
		return "the IP header says another length than the packet has";
	p->len = len;
	return NULL;
}

static const char *received6(struct sim_packet *p)
{
	static const uint8_t loopback[16] = { [15] = 1 };
	uint32_t len;

	if (p->len < 40)
		return "shorter than an IPv6 header";
	if (p->in && !p->in->loopback &&
	    (!memcmp(p->data + 8, loopback, 16) || !memcmp(p->data + 24, loopback, 16)))
		return "::1 comes from outside";
	if (p->data[8] == 0xff)
		return "the source is a multicast address";
	if (p->data[24] == 0xff && ((p->data[25] & 15) == 0 ||
				    ((p->data[25] & 15) == 1 && p->in && !p->in->loopback)))
		return "the destination's multicast scope does not reach here";
	len = get16(p->data + 4) + 40u;
	if (len > 40 || p->data[6] != IPPROTO_HOPOPTS) {
		if (len > p->len)
			return "the IPv6 header says another length than the packet has";
		p->len = len;
	}
	return NULL;
}

/* ip6_parse_tlv() of the hop-by-hop options: an option that is not known says itself what is to happen. */
static const char *hop_by_hop(const struct sim_packet *p)
{
	static const char wrong[] = "the hop-by-hop options are malformed, or one is not known";
	uint32_t at = 42, end = 40 + (p->len < 48 ? 0 : (p->data[41] + 1u) * 8), padding = 0;

	if (end == 40 || end > p->len)
		return wrong;
	while (at < end) {
		const uint8_t *o = p->data + at;
		uint32_t len = o[0] == 0 ? 1 : at + 2 > end ? 0 : o[1] + 2u;

		if (!len || at + len > end)
			return wrong;
		if (o[0] <= 1)
			padding += len;
		if (padding > 7 || (o[0] == 5 && o[1] != 2) || o[0] == 0xc2)
			return wrong;
		if (o[0] > 1 && o[0] != 5) {
			if (o[0] >> 6)
				return wrong;
			padding = 0;
		}
		for (uint32_t i = 2; o[0] == 1 && i < len; i++)
			if (o[i])
				return wrong;
		if (o[0] == 5)
			padding = 0;
		at += len;
	}
	return NULL;
}

const char *check_received(struct sim_packet *p)
{
	const char *why;

	if (p->pkttype == PACKET_OTHERHOST)
		return "the frame is for another host";
	why = p->family == FAMILY_IPV6 ? received6(p) : received4(p);
	packet_parse(p);
	if (!why && p->family == FAMILY_IPV6 && p->data[6] == IPPROTO_HOPOPTS)
		why = hop_by_hop(p);
	return why;
}

static const char *send_error(struct sim *s, uint8_t type, uint8_t code, uint32_t info, const char *why)
{
	s->error = (struct sim_error){ .given = true, .type = type, .code = code, .info = info };
	return why;
}

/* icmp_send(): an option is wrong; @at: its byte that is */
static const char *bad_option(struct sim *s, uint32_t at)
{
	return send_error(s, ICMP_PARAMPROB, 0, at << 24, "an IP option is malformed: an ICMP error goes back");
}

/* ip_options_compile(): the lengths must fit; source routes are not accepted. */
const char *check_options(struct sim *s, const struct sim_packet *p)
{
	uint32_t at = 20;

	if (p->family != FAMILY_IPV4)
		return NULL;
	while (at < p->thoff) {
		const uint8_t *o = p->data + at;

		if (o[0] == 0)
			return NULL;
		if (o[0] == 1) {
			at++;
			continue;
		}
		if (at + 2 > p->thoff || o[1] < 2 || at + o[1] > p->thoff)
			return bad_option(s, at);
		switch (o[0]) {
		case 131:
		case 137: return "source routing is not accepted";
		case 7: /* record route */
			if (o[1] < 3)
				return bad_option(s, at + 1);
			if (o[2] < 4 || (o[2] <= o[1] && o[2] + 3 > o[1]))
				return bad_option(s, at + 2);
			break;
		case 68: /* timestamp */
			if (o[1] < 4)
				return bad_option(s, at + 1);
			if (o[2] < 5 || (o[2] > o[1] && o[3] >> 4 == 15))
				return bad_option(s, at + (o[2] < 5 ? 2 : 3));
			break;
		case 148: /* router alert */
			if (o[1] < 4)
				return bad_option(s, at + 1);
			break;
		default: break;
		}
		at += o[1];
	}
	return NULL;
}

static const char *forward6(struct sim *s, const struct sim_packet *p, const struct route_answer *a)
{
	static const uint8_t zero[16];
	const uint8_t *src = p->data + 8;

	if (a->dev == p->in)
		return NULL;
	if (!memcmp(src, zero, 16) || (!memcmp(src, zero, 15) && src[15] == 1))
		return "the source address is not one to forward";
	if (src[0] == 0xfe && (src[1] & 0xc0) == 0x80)
		return send_error(s, ICMP6_DST_UNREACH, ICMP6_DST_UNREACH_BEYONDSCOPE, 0,
				  "the source is a link-local address: an ICMPv6 error goes back");
	return NULL;
}

const char *check_forward(struct sim *s, const struct sim_packet *p, const struct route_answer *a)
{
	bool v6 = p->family == FAMILY_IPV6;
	const char *why;

	if (p->pkttype != PACKET_HOST)
		return "a broadcast or multicast frame is not forwarded";
	if (p->data[v6 ? 7 : 8] <= 1)
		return send_error(s, v6 ? ICMP6_TIME_EXCEEDED : ICMP_TIMXCEED, 0, 0,
				  "its time to live is over: an ICMP time exceeded goes back");
	why = v6 ? forward6(s, p, a) : NULL;
	if (why)
		return why;
	if (p->len > a->dev->mtu && !p->ndefrag && (v6 || get16(p->data + 6) & PACKET_DF))
		return send_error(s, v6 ? ICMP6_PACKET_TOO_BIG : ICMP_UNREACH,
				  v6 ? 0 : ICMP_UNREACH_NEEDFRAG, a->dev->mtu,
				  "larger than the next link takes: an ICMP error goes back");
	return NULL;
}
