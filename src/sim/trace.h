/* SPDX-License-Identifier: GPL-2.0-or-later */
/* trace: the walk as the kernel's TRACE target logs it. */
#ifndef IPTC2NFT_SIM_TRACE_H
#define IPTC2NFT_SIM_TRACE_H

#include "buffer.h"
#include "sim/sim.h"

/* An observer; @arg is the struct buffer that the lines go to. */
void trace_observe(void *arg, const struct sim *s, const struct sim_packet *p,
		   const struct sim_event *e);

/* "SRC=… DST=… PROTO=… SPT=… DPT=…" */
void trace_fields(struct buffer *b, const struct sim_packet *p);

#endif
