/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * conn_sctp: the SCTP tracker (net/netfilter/nf_conntrack_proto_sctp.c): checksum, states by chunk,
 * verification tags.
 */
#include "sim/conn.h"

#include <linux/netfilter/nf_conntrack_common.h>

enum { NONE, CLOSED, WAIT, ECHOED, EST, SENT, RECD, ACKSENT, HEART, STATES };
enum { DATA, INIT, INIT_ACK, SACK, HEARTBEAT, HEARTBEAT_ACK, ABORT, SHUTDOWN, SHUTDOWN_ACK, ERROR,
       COOKIE_ECHO, COOKIE_ACK, ECNE, CWR, SHUTDOWN_COMPLETE, CHUNKS };

/* State after a chunk, by direction, chunk and state; STATES: invalid. DATA, SACK: no change. */
#define ROW(...) { __VA_ARGS__ }
static const uint8_t next_state[2][CHUNKS][STATES] = {
	{
		[INIT] = ROW(CLOSED, CLOSED, WAIT, ECHOED, EST, CLOSED, CLOSED, ACKSENT, WAIT),
		[INIT_ACK] = ROW(CLOSED, CLOSED, WAIT, ECHOED, EST, SENT, RECD, ACKSENT, CLOSED),
		[ABORT] = ROW(CLOSED, CLOSED, CLOSED, CLOSED, CLOSED, CLOSED, CLOSED, CLOSED, CLOSED),
		[SHUTDOWN] = ROW(CLOSED, CLOSED, WAIT, ECHOED, SENT, SENT, RECD, ACKSENT, CLOSED),
		[SHUTDOWN_ACK] = ROW(ACKSENT, CLOSED, WAIT, ECHOED, EST, ACKSENT, ACKSENT, ACKSENT, ACKSENT),
		[ERROR] = ROW(CLOSED, CLOSED, WAIT, ECHOED, EST, SENT, RECD, ACKSENT, CLOSED),
		[COOKIE_ECHO] = ROW(CLOSED, CLOSED, ECHOED, ECHOED, EST, SENT, RECD, ACKSENT, CLOSED),
		[COOKIE_ACK] = ROW(CLOSED, CLOSED, WAIT, EST, EST, SENT, RECD, ACKSENT, CLOSED),
		[SHUTDOWN_COMPLETE] = ROW(CLOSED, CLOSED, WAIT, ECHOED, EST, SENT, RECD, CLOSED, CLOSED),
		[HEARTBEAT] = ROW(HEART, CLOSED, WAIT, ECHOED, EST, SENT, RECD, ACKSENT, HEART),
		[HEARTBEAT_ACK] = ROW(CLOSED, CLOSED, WAIT, ECHOED, EST, SENT, RECD, ACKSENT, HEART),
	},
	{
		[INIT] = ROW(STATES, CLOSED, WAIT, ECHOED, EST, SENT, RECD, ACKSENT, STATES),
		[INIT_ACK] = ROW(STATES, WAIT, WAIT, ECHOED, EST, SENT, RECD, ACKSENT, STATES),
		[ABORT] = ROW(STATES, CLOSED, CLOSED, CLOSED, CLOSED, CLOSED, CLOSED, CLOSED, STATES),
		[SHUTDOWN] = ROW(STATES, CLOSED, WAIT, ECHOED, RECD, SENT, RECD, ACKSENT, STATES),
		[SHUTDOWN_ACK] = ROW(STATES, CLOSED, WAIT, ECHOED, EST, ACKSENT, ACKSENT, ACKSENT, STATES),
		[ERROR] = ROW(STATES, CLOSED, WAIT, CLOSED, EST, SENT, RECD, ACKSENT, STATES),
		[COOKIE_ECHO] = ROW(STATES, CLOSED, ECHOED, ECHOED, EST, SENT, RECD, ACKSENT, STATES),
		[COOKIE_ACK] = ROW(STATES, CLOSED, WAIT, EST, EST, SENT, RECD, ACKSENT, STATES),
		[SHUTDOWN_COMPLETE] = ROW(STATES, CLOSED, WAIT, ECHOED, EST, SENT, RECD, CLOSED, STATES),
		[HEARTBEAT] = ROW(STATES, CLOSED, WAIT, ECHOED, EST, SENT, RECD, ACKSENT, HEART),
		[HEARTBEAT_ACK] = ROW(STATES, CLOSED, WAIT, ECHOED, EST, SENT, RECD, ACKSENT, EST),
	},
};

static const uint32_t timeouts[STATES] = { 0, 10, 3, 3, 210, 3, 3, 3, 30 };

static bool moves(uint8_t type)
{
	return type < CHUNKS && type != DATA && type != SACK && type != ECNE && type != CWR;
}

/* CRC32c over the packet with the checksum taken as zero. */
static bool crc_ok(const uint8_t *b, uint32_t len)
{
	uint32_t crc = 0xffffffff, said = (uint32_t)b[8] | (uint32_t)b[9] << 8 |
					  (uint32_t)b[10] << 16 | (uint32_t)b[11] << 24;

	for (uint32_t i = 0; i < len; i++) {
		crc ^= i >= 8 && i < 12 ? 0 : b[i];
		for (int k = 0; k < 8; k++)
			crc = crc >> 1 ^ (crc & 1 ? 0x82f63b78 : 0);
	}
	return ~crc == said;
}

/* The chunk at @at, or NULL; *next: where the following one is. */
static const uint8_t *chunk(const uint8_t *b, uint32_t len, uint32_t at, uint32_t *next)
{
	uint32_t n;

	if (at + 4 > len)
		return NULL;
	n = get16(b + at + 2);
	if (!n)
		return NULL;
	*next = at + ((n + 3) & ~3u);
	return b + at;
}

/* do_basic_checks(): chunks that must be alone are. *map: the types that are there. */
static bool basic(const uint8_t *b, uint32_t len, uint32_t *map)
{
	uint32_t n = 0, next;
	bool alone = false;
	const uint8_t *c;

	*map = 0;
	for (uint32_t at = 12; (c = chunk(b, len, at, &next)) != NULL; at = next, n++) {
		bool wants = c[0] == INIT || c[0] == INIT_ACK || c[0] == SHUTDOWN_COMPLETE;

		if ((c[0] == COOKIE_ACK || c[0] == COOKIE_ECHO || wants) && n > 0 && (alone || wants))
			return false;
		alone |= wants;
		if (c[0] < CHUNKS)
			*map |= 1u << c[0];
	}
	return n > 0 && !(alone && n > 1);
}

static bool begin(struct conn *c, const uint8_t *b, uint32_t len)
{
	uint32_t vtag = get32(b + 4), next;
	const uint8_t *k;

	for (uint32_t at = 12; (k = chunk(b, len, at, &next)) != NULL; at = next) {
		if (!moves(k[0]) || next_state[0][k[0]][NONE] == NONE)
			return false;
		if (k[0] == INIT) {
			if (vtag || at + 8 > len)
				return false;
			c->sctp_vtag[1] = get32(k + 4);
		} else if (k[0] == HEARTBEAT) {
			c->sctp_vtag[0] = vtag;
		} else if (k[0] == SHUTDOWN_ACK) {
			c->sctp_vtag[1] = vtag;
		}
	}
	return true;
}

static bool step(struct conn *c, const uint8_t *b, uint32_t len, const uint8_t *k, bool reply)
{
	uint32_t vtag = get32(b + 4);
	uint8_t state;

	switch (k[0]) {
	case INIT:
		if (vtag)
			return false;
		break;
	case ABORT:
	case SHUTDOWN_COMPLETE: /* the T flag: the peer's tag */
		if (vtag != c->sctp_vtag[k[1] & 1 ? !reply : reply])
			return false;
		break;
	case COOKIE_ECHO:
		if (vtag != c->sctp_vtag[reply])
			return false;
		break;
	case HEARTBEAT:
	case HEARTBEAT_ACK:
		if (!c->sctp_vtag[reply])
			c->sctp_vtag[reply] = vtag;
		else if (vtag != c->sctp_vtag[reply])
			return false;
		break;
	default: break;
	}
	state = moves(k[0]) ? next_state[reply][k[0]][c->sctp_state] : c->sctp_state;
	if (state == STATES)
		return false;
	if (k[0] == INIT || k[0] == INIT_ACK) {
		if (k + 8 > b + len)
			return false;
		c->sctp_vtag[!reply] = get32(k + 4);
	}
	if (state == EST && c->sctp_state != EST)
		c->status |= IPS_ASSURED;
	c->sctp_state = state;
	return true;
}

enum sim_result conn_sctp_packet(struct sim *s, struct sim_packet *p, struct conn *c, bool reply,
				 bool fresh)
{
	static const uint32_t first = 1u << ABORT | 1u << SHUTDOWN_COMPLETE | 1u << COOKIE_ACK;
	static const uint32_t own_tag = 1u << INIT | 1u << SHUTDOWN_COMPLETE | 1u << COOKIE_ECHO |
		1u << ABORT | 1u << SHUTDOWN_ACK | 1u << HEARTBEAT | 1u << HEARTBEAT_ACK;
	const uint8_t *b = p->data + p->thoff, *k;
	uint32_t len = packet_l4_len(p), map, next;

	if (len < 12 || (!p->local && s->host->ct_checksum && !crc_ok(b, len)))
		return RESULT_FAIL;
	if (!basic(b, len, &map))
		return RESULT_FAIL;
	if (fresh && (map & first || !begin(c, b, len)))
		return RESULT_FAIL;
	if (!(map & own_tag) && get32(b + 4) != c->sctp_vtag[reply])
		return RESULT_FAIL;
	for (uint32_t at = 12; (k = chunk(b, len, at, &next)) != NULL; at = next)
		if (!step(c, b, len, k, reply))
			return RESULT_FAIL;
	c->expires_ms = s->now_ms + timeouts[c->sctp_state] * (uint64_t)1000;
	return RESULT_PASS;
}
