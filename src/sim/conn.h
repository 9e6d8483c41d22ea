/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * conn: connection tracking (net/netfilter/nf_conntrack_core.c and nf_conntrack_proto_*.c).
 */
#ifndef IPTC2NFT_SIM_CONN_H
#define IPTC2NFT_SIM_CONN_H

#include "sim/load.h"
#include "sim/sim.h"

/* The second byte of GRE: version 1 is PPTP's, whose calls are kept apart. */
#define GRE_VERSION      7
#define GRE_VERSION_PPTP 1

/* One direction of a connection. ICMP: sport is the id, dport is type << 8 | code. */
struct tuple {
	struct addr src, dst;
	uint16_t sport, dport;
	uint8_t proto, family;
	uint16_t zone;
};

struct tcp_side { /* struct ip_ct_tcp_state */
	uint32_t end, maxend, maxwin, maxack;
	uint8_t scale, flags;
};

struct conn_tcp { /* struct ip_ct_tcp */
	struct tcp_side seen[2];
	uint8_t state, last_dir, last_index, last_flags;
	uint8_t last_wscale;
	uint32_t last_seq, last_ack, last_end;
	uint16_t last_win;
};

struct conn_link {
	struct conn_link *next;
	struct conn *conn;
	bool reply;
};

struct conn {
	struct conn_link link[2]; /* in the hash chains, by direction */
	struct conn *next_free, *next_source;
	struct tuple tuple[2];    /* original, reply */
	uint32_t status;      /* IPS_* */
	uint32_t mark, secmark;
	bool mark_unknown;    /* as the packet's */
	uint8_t labels[16];
	const char *helper;
	uint64_t expires_ms;
	uint64_t packets[2], bytes[2];
	struct conn_tcp tcp;
	uint8_t sctp_state;
	uint32_t sctp_vtag[2];
	uint64_t stream_ms;
	bool confirmed;
	bool socket; /* a program on this host is one of the ends */
	struct conn *master;  /* of a RELATED connection */
};

struct conn_table;

bool conn_wanted(const struct ir *ir); /* does anything turn connection tracking on? */
struct conn_table *conn_table_new(struct arena *a);

/* nf_conntrack_in(). RESULT_DROP: the protocol tracker drops it. */
enum sim_result conn_in(struct sim *s, struct sim_packet *p);
/* nf_conntrack_confirm(); RESULT_DROP when an equal connection was confirmed meanwhile. */
enum sim_result conn_confirm(struct sim *s, struct sim_packet *p);
/* The packet is gone, and with it the connection that it began, unless that was confirmed. */
void conn_leave(struct sim *s, struct sim_packet *p);

/* What the bytes say; false: the transport header is cut short. */
bool conn_tuple(const struct sim_packet *p, struct tuple *t);
/* The tuple of the answer; false: this protocol or ICMP type has none. */
bool conn_invert(const struct tuple *t, struct tuple *out);
/* The connection with this tuple in either direction; *reply: which. */
struct conn *conn_find(struct sim *s, const struct tuple *t, bool *reply);
bool tuple_equal(const struct tuple *a, const struct tuple *b);
void conn_kill(struct sim *s, struct conn *c);
/* Live connections of the table whose source NAT is settled and whose first packet had the source of
 * @t; until @f returns true. */
void conn_same_source(struct sim *s, const struct tuple *t,
		      bool (*f)(const struct conn *c, void *arg), void *arg);
struct conn *conn_new(struct sim *s, const struct tuple *t); /* NULL: the tuple has no answer */

/* conn_proto.c: the trackers. RESULT_PASS, FAIL (invalid: not of this connection), DROP. */
enum sim_result conn_proto_packet(struct sim *s, struct sim_packet *p, struct conn *c, bool reply,
				  bool fresh);
enum sim_result conn_tcp_packet(struct sim *s, struct sim_packet *p, struct conn *c, bool reply,
				bool fresh);
enum sim_result conn_sctp_packet(struct sim *s, struct sim_packet *p, struct conn *c, bool reply,
				 bool fresh);
/* nf_ct_set_closing(): a RST of REJECT was sent for the connection, which may be NULL. */
void conn_set_closing(struct sim *s, struct conn *c);
/* nf_conntrack_*_error(): FAIL makes the packet INVALID; ICMP errors find their connection. */
enum sim_result conn_icmp_error(struct sim *s, struct sim_packet *p);

bool store_ct(struct sim *s, struct sim_packet *p, const struct operand *o, const struct value *v);

#endif
