/* SPDX-License-Identifier: GPL-2.0-or-later */
/* out_svg: the packet-flow picture with a packet's way. */
#ifndef IPTC2NFT_SIM_OUT_SVG_H
#define IPTC2NFT_SIM_OUT_SVG_H

#include "buffer.h"
#include "sim/sim.h"

#define SVG_WIDTH  940
#define SVG_HEIGHT 400

/* The ways between boxes. */
enum svg_edge { EDGE_IN, EDGE_PRE_ROUTE, EDGE_ROUTE_IN, EDGE_IN_HOST, EDGE_HOST_OUT, EDGE_OUT_POST,
		EDGE_ROUTE_FWD, EDGE_FWD_POST, EDGE_POST, EDGES };

struct out_svg {
	struct buffer *b, *scratch;
	const char *name;
	uint32_t npackets;
	bool in_page; /* part of an HTML page: one <svg> a packet, style comes from the page */
	/* Of the packet that is walked. */
	bool hook[HOOK_COUNT], edge[EDGES];
	uint8_t step[HOOK_COUNT][8]; /* by row of the hook's box: 1 passed, 2 ended here */
	int at_hook, at_row;
	bool host, routing, local;
	const char *ct;
	char came[160], route[120], nat[2][120];
	unsigned nnat;
};

void out_svg_end(struct out_svg *o, uint32_t packets);
void out_svg_begin(struct out_svg *o, const struct sim *s, const struct sim_packet *p, const char *name);
/* An observer; @arg is the struct out_svg. */
void out_svg_observe(void *arg, const struct sim *s, const struct sim_packet *p, const struct sim_event *e);

/* Text with &, <, > and " replaced; control bytes as \xNN. */
void out_svg_escaped(struct buffer *b, const char *s, size_t len);
extern const char out_svg_style[]; /* of the picture, for light and dark */

#endif
