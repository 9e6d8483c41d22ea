/* SPDX-License-Identifier: GPL-2.0-or-later */
/* out_text: the walk for a person. */
#ifndef IPTC2NFT_SIM_OUT_TEXT_H
#define IPTC2NFT_SIM_OUT_TEXT_H

#include "buffer.h"
#include "sim/sim.h"

struct out_text {
	struct buffer *b;
	struct buffer *scratch;
	bool color, all;
	unsigned width;      /* 0: lines are not wrapped */
	const char *name;    /* of the packet that comes */
	unsigned near;       /* near misses told in this table */
	const struct ir_chain *chain; /* that the last line was about; NULL: the built-in one */
	uint32_t npackets;   /* told so far */
};

/* Before a packet: its heading. */
void out_text_begin(struct out_text *o, const struct sim *s, const struct sim_packet *p,
		    const char *name);
/* An observer; @arg is the struct out_text. */
void out_text_observe(void *arg, const struct sim *s, const struct sim_packet *p,
		      const struct sim_event *e);

#endif
