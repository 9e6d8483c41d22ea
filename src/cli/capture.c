/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * capture: the IP packets of a capture file, by libpcap: pcap and pcapng; Ethernet with VLAN tags, raw
 * IP, Linux cooked (both versions), BSD loopback.
 */
#include "capture.h"

#include <stdlib.h>
#include <string.h>
#include <linux/if_packet.h>
#include <pcap/pcap.h>
#include <pcap/sll.h>

#define ETHERTYPE_4    0x0800
#define ETHERTYPE_6    0x86dd
#define ETHERTYPE_VLAN 0x8100
#define ETHERTYPE_QINQ 0x88a8

struct capture {
	pcap_t *pcap;
	int link;
	uint64_t number, other;
};

struct capture *capture_open(const char *path, const char **error)
{
	static char message[PCAP_ERRBUF_SIZE];
	struct capture *c = calloc(1, sizeof(*c));

	*error = message;
	if (!c) {
		*error = "out of memory";
		return NULL;
	}
	c->pcap = pcap_open_offline(path, message);
	if (!c->pcap) {
		free(c);
		return NULL;
	}
	c->link = pcap_datalink(c->pcap);
	switch (c->link) {
	case DLT_EN10MB:
	case DLT_RAW:
	case DLT_IPV4:
	case DLT_IPV6:
	case DLT_LINUX_SLL:
	case DLT_LINUX_SLL2:
	case DLT_NULL:
	case DLT_LOOP: return c;
	default: break;
	}
	*error = "the capture's link type is not one of Ethernet, raw IP, Linux cooked, loopback";
	capture_close(c);
	return NULL;
}

void capture_close(struct capture *c)
{
	pcap_close(c->pcap);
	free(c);
}

uint64_t capture_other(const struct capture *c)
{
	return c->other;
}

static uint16_t be16(const uint8_t *b)
{
	return (uint16_t)(b[0] << 8 | b[1]);
}

/* Where the IP header is; 0: no IP here, -1: cut short. */
static int ethernet(const uint8_t *b, uint32_t len, struct capture_packet *p)
{
	uint32_t at = 12;

	if (len < 14)
		return -1;
	memcpy(p->dmac, b, 6);
	memcpy(p->smac, b + 6, 6);
	p->has_mac = true;
	p->pkttype = !memcmp(b, "\377\377\377\377\377\377", 6) ? PACKET_BROADCAST
		     : b[0] & 1					? PACKET_MULTICAST
								: PACKET_HOST;
	while (be16(b + at) == ETHERTYPE_VLAN || be16(b + at) == ETHERTYPE_QINQ) {
		at += 4;
		if (at + 2 > len)
			return -1;
	}
	return be16(b + at) == ETHERTYPE_4 || be16(b + at) == ETHERTYPE_6 ? (int)at + 2 : 0;
}

static int cooked(const uint8_t *b, uint32_t len, bool v2, struct capture_packet *p)
{
	uint32_t head = v2 ? 20 : 16;
	uint16_t proto, type;

	if (len < head)
		return -1;
	proto = be16(b + (v2 ? 0 : 14));
	type = v2 ? b[10] : be16(b);
	p->outgoing = type == LINUX_SLL_OUTGOING;
	p->pkttype = (uint8_t)(type == LINUX_SLL_OUTGOING ? PACKET_HOST : type & 7);
	if (be16(b + (v2 ? 8 : 2)) == 1) {
		memcpy(p->smac, b + (v2 ? 12 : 6), 6);
		p->has_mac = true;
	}
	return proto == ETHERTYPE_4 || proto == ETHERTYPE_6 ? (int)head : 0;
}

static int ip_at(const struct capture *c, const uint8_t *b, uint32_t len, struct capture_packet *p)
{
	switch (c->link) {
	case DLT_EN10MB: return ethernet(b, len, p);
	case DLT_LINUX_SLL: return cooked(b, len, false, p);
	case DLT_LINUX_SLL2: return cooked(b, len, true, p);
	case DLT_NULL:
	case DLT_LOOP: return len < 4 ? -1 : 4;
	default: return 0;
	}
}

static const char *decode(const struct capture *c, const struct pcap_pkthdr *h, const uint8_t *b,
			  struct capture_packet *p, bool *other)
{
	bool raw = c->link == DLT_RAW || c->link == DLT_IPV4 || c->link == DLT_IPV6;
	int at = raw ? 0 : ip_at(c, b, h->caplen, p);
	unsigned version;

	*other = false;
	if (at < 0)
		return "the frame is cut short";
	if (!raw && !at) {
		*other = true;
		return NULL;
	}
	p->ip = b + at;
	p->len = h->caplen - (uint32_t)at;
	version = p->len ? p->ip[0] >> 4 : 0;
	if (version != 4 && version != 6)
		return "neither IPv4 nor IPv6";
	if (p->len < (version == 4 ? 20u : 40u))
		return "the IP header is cut short";
	if (h->caplen < h->len) {
		uint32_t said = version == 4 ? be16(p->ip + 2) : be16(p->ip + 4) + 40u;

		if (p->len < said)
			return "the capture holds only the beginning of the packet (snaplen)";
	}
	return NULL;
}

int capture_next(struct capture *c, struct capture_packet *p,
		 void (*bad)(void *arg, uint64_t number, const char *why), void *arg, const char **why)
{
	struct pcap_pkthdr *h;
	const uint8_t *b;

	for (;;) {
		int r = pcap_next_ex(c->pcap, &h, &b);
		const char *problem;
		bool other;

		if (r != 1) {
			*why = pcap_geterr(c->pcap);
			return r == PCAP_ERROR_BREAK || r == 0 ? 0 : -1;
		}
		c->number++;
		memset(p, 0, sizeof(*p));
		p->us = (uint64_t)h->ts.tv_sec * 1000000u + (uint64_t)h->ts.tv_usec;
		problem = decode(c, h, b, p, &other);
		if (!problem && !other)
			return 1;
		if (problem)
			bad(arg, c->number, problem);
		else
			c->other++;
	}
}
