/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * packet: a packet on its way: its bytes from the network header on, and what the kernel keeps
 * beside them in struct sk_buff.
 */
#ifndef IPTC2NFT_SIM_PACKET_H
#define IPTC2NFT_SIM_PACKET_H

#include <string.h>
#include "sim/host.h"

#define PACKET_MF     0x2000 /* IP_MF */
#define PACKET_DF     0x4000
#define PACKET_OFFSET 0x1fff

/* NF_CT_STATE_BIT(): what `ct state` loads. */
#define PACKET_STATE_INVALID     1u
#define PACKET_STATE_ESTABLISHED 2u
#define PACKET_STATE_RELATED     4u
#define PACKET_STATE_NEW         8u
#define PACKET_STATE_UNTRACKED   64u

struct conn;

struct sim_packet {
	unsigned family;
	uint8_t *data;       /* room for PACKET_ROOM bytes more than len */
	uint32_t len;        /* as the IP header says; what is behind it is padding and was cut */
	uint32_t cap;

	/* From the bytes; packet_parse(). */
	bool whole;          /* IPv6: the chain of extension headers is not broken */
	uint8_t l4proto;
	uint32_t thoff;      /* transport header; may be beyond the end */
	uint16_t fragoff;    /* IPv4: in 8 bytes; IPv6: in bytes; 0: not a later fragment */
	bool fragment;       /* first or later one of several */

	const struct host_iface *in, *out;
	const struct host_iface *reroute; /* where it leaves by, when OUTPUT is through; there, out stays */
	bool local;          /* generated here */
	uint8_t pkttype;     /* PACKET_HOST, … */
	uint8_t smac[6], dmac[6];
	bool has_mac;
	uint32_t mark, priority, secmark;
	bool mark_unknown;   /* a rule wrote what can't be known */
	bool has_socket;
	uint32_t uid, gid;
	uint64_t time_ms;    /* simulated clock */
	uint64_t epoch;      /* wall clock, seconds since 1970 UTC; has_time */
	bool has_time;
	const struct host_iface *bound; /* the socket's device */
	bool answered;       /* the packet that is given next is the answer to this one */
	bool shows_socket;   /* sent from here, and not as bytes in hex: somebody has this port open */
	bool own_answer;     /* of the host itself, see follow.c */
	bool copied;         /* to a group that this host is in: a copy goes back in */
	bool is_copy;        /* that one: it has its route */

	/* Connection tracking. */
	struct conn *conn;
	bool reply_dir;
	uint8_t ct_state;    /* PACKET_STATE_*; 0: not looked at (conntrack is off) */
	uint8_t forced_state; /* packet.spec's state= */
	uint32_t forced_mark;
	bool has_forced_mark;
	bool ct_new;         /* conn is not in the table yet */
	uint16_t zone;
	unsigned ndefrag;    /* fragments that this packet was made of */
};

#define PACKET_ROOM 128

/* Forget all but the buffer. */
void packet_reset(struct sim_packet *p);
/* Make room for @len bytes. */
void packet_room(struct sim_packet *p, struct arena *a, uint32_t len);

/* packet_set - take over a copy of @len bytes, which may be the packet's own */
void packet_set(struct sim_packet *p, struct arena *a, const uint8_t *bytes, uint32_t len);

/* Find the headers. Again after every change of them. */
void packet_parse(struct sim_packet *p);

static inline uint32_t packet_l4_len(const struct sim_packet *p)
{
	return p->len > p->thoff ? p->len - p->thoff : 0;
}

void packet_addrs(const struct sim_packet *p, struct addr *src, struct addr *dst);

/* Ports of TCP, UDP, UDP-Lite, SCTP and DCCP; false when there are none in this packet. */
bool packet_ports(const struct sim_packet *p, uint16_t *sport, uint16_t *dport);
bool proto_has_ports(unsigned proto);

uint16_t get16(const uint8_t *b);
uint32_t get32(const uint8_t *b);
void put16(uint8_t *b, uint32_t v);
void put32(uint8_t *b, uint32_t v);

/* One's complement sum of a run of bytes, to be continued and folded. */
uint32_t csum_add(uint32_t sum, const uint8_t *b, uint32_t len);
uint16_t csum_fold(uint32_t sum);

/* Compute the checksums of IP and transport header anew. */
void packet_checksums(struct sim_packet *p);
/* The transport checksum is right (or there is none, or can't be checked in a fragment). */
bool packet_l4_checksum_ok(const struct sim_packet *p);
/* Likewise, had its pseudo header the protocol @proto. */
bool packet_l4_checksum_as(const struct sim_packet *p, unsigned proto);

void packet_set_addr(struct sim_packet *p, bool dst, const struct addr *a);
void packet_set_port(struct sim_packet *p, bool dst, uint16_t port);

#endif
