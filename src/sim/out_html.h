/* SPDX-License-Identifier: GPL-2.0-or-later */
/* out_html: one self-contained page: pictures, walks, and the ruleset with the rules that were hit. */
#ifndef IPTC2NFT_SIM_OUT_HTML_H
#define IPTC2NFT_SIM_OUT_HTML_H

#include "sim/out_svg.h"
#include "sim/out_text.h"
#include "sim/summary.h"

struct out_html {
	struct buffer *b;
	struct out_svg svg;
	struct out_text text;
	struct buffer *walk; /* the walk of the packet as text */
	struct summary *summary[2];
};

void out_html_init(struct out_html *o, struct arena *a, struct buffer *b, bool all);
void out_html_start(struct out_html *o);
void out_html_begin(struct out_html *o, const struct sim *s, const struct sim_packet *p, const char *name);
void out_html_observe(void *arg, const struct sim *s, const struct sim_packet *p,
		      const struct sim_event *e);
void out_html_walked(struct out_html *o); /* after the packet and its other ways */
void out_html_ruleset(struct out_html *o, const struct sim *s);
void out_html_end(struct out_html *o);

#endif
