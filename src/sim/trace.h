/* SPDX-License-Identifier: GPL-2.0-or-later */
/* trace: the walk as the kernel's TRACE target logs it. */
#ifndef IPTC2NFT_SIM_TRACE_H
#define IPTC2NFT_SIM_TRACE_H

#include "buffer.h"
#include "sim/sim.h"

/*
 * A packet of ours to ourselves is `sent`, on lo. The kernel's mark to trace it stays on it there, so that
 * the log goes on with its way back in: @held is the verdict that comes after that.
 */
struct trace {
	struct buffer *b;
	bool hold; /* keep the verdict for trace_verdict() */
	const char *held;
	uint32_t answer; /* the answer that is walked; 0: the packet itself */
};

/* An observer; @arg is a struct trace. */
void trace_observe(void *arg, const struct sim *s, const struct sim_packet *p,
		   const struct sim_event *e);

/* The line of the verdict that was held, if one was. */
void trace_verdict(struct trace *t, const struct sim *s);

/* "SRC=… DST=… PROTO=… SPT=… DPT=…" */
void trace_fields(struct buffer *b, const struct sim_packet *p);

#endif
