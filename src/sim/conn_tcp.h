/* SPDX-License-Identifier: GPL-2.0-or-later */
/* conn_tcp: a TCP segment as the tracker sees it. */
#ifndef IPTC2NFT_SIM_CONN_TCP_H
#define IPTC2NFT_SIM_CONN_TCP_H

#include "sim/conn.h"

enum { TCP_FIN = 1, TCP_SYN = 2, TCP_RST = 4, TCP_PSH = 8, TCP_ACK = 16, TCP_URG = 32 };

/* enum tcp_bit_set */
enum { INDEX_SYN, INDEX_SYNACK, INDEX_FIN, INDEX_ACK, INDEX_RST, INDEX_NONE };

struct segment {
	const uint8_t *tcp;
	uint32_t options; /* bytes of options */
	uint32_t seq, ack, end;
	uint16_t win;
	uint8_t flags, index;
};

/* false: the header is cut short or malformed */
bool segment_read(const struct sim_packet *p, struct segment *g);
void segment_options(const struct segment *g, struct tcp_side *side); /* tcp_options() */

enum window { WINDOW_ACCEPT, WINDOW_IGNORE, WINDOW_INVALID };
enum window segment_in_window(const struct sim *s, struct conn *c, bool dir, const struct segment *g);

#endif
