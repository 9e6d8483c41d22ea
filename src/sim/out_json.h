/* SPDX-License-Identifier: GPL-2.0-or-later */
/* out_json: the walk as one JSON object a packet, one packet a line. */
#ifndef IPTC2NFT_SIM_OUT_JSON_H
#define IPTC2NFT_SIM_OUT_JSON_H

#include "buffer.h"
#include "sim/sim.h"

struct out_json {
	struct buffer *b;
	struct buffer *scratch;
	bool first; /* no step was written yet */
	uint32_t branches;
};

void out_json_begin(struct out_json *o, const struct sim *s, const struct sim_packet *p,
		    const char *name);
void out_json_end(struct out_json *o); /* after the packet and its other ways */
/* An observer; @arg is the struct out_json. */
void out_json_observe(void *arg, const struct sim *s, const struct sim_packet *p,
		      const struct sim_event *e);

/* A JSON string; bytes that are not UTF-8 become U+FFFD. */
void out_json_string(struct buffer *b, const char *s, size_t len);

#endif
