/* SPDX-License-Identifier: GPL-2.0-or-later */
/* summary: packets and bytes per rule over all packets, rules that none hit. */
#ifndef IPTC2NFT_SIM_SUMMARY_H
#define IPTC2NFT_SIM_SUMMARY_H

#include "buffer.h"
#include "sim/sim.h"

struct summary;

struct summary *summary_new(struct arena *a, const struct ir *ir);
/* An observer; @arg is the struct summary. */
void summary_observe(void *arg, const struct sim *s, const struct sim_packet *p,
		     const struct sim_event *e);
/* How often rule @number of the chain was hit; one more than its rules: its end. */
const struct counters *summary_count(const struct summary *m, const struct ir_chain *c, uint32_t number);
void summary_text(const struct summary *m, const struct sim *s, struct buffer *b);
void summary_json(const struct summary *m, const struct sim *s, struct buffer *b);

#endif
