/* SPDX-License-Identifier: GPL-2.0-or-later */
/* follow: what a packet provokes on this host. */
#ifndef IPTC2NFT_SIM_FOLLOW_H
#define IPTC2NFT_SIM_FOLLOW_H

#include "sim/sim.h"

/* For who wants to know more of it: struct sim's follow. The packets that are told are s->provoked. */
struct follow {
	bool answers; /* tell the host's answers too */
	void *arg;
	/* Before and after the walk of one that is told. */
	void (*begin)(void *arg, struct sim *s, const struct sim_packet *p, bool answer);
	void (*end)(void *arg, struct sim *s);
};

/* After sim_walk(): the way back in over lo (told when @loopback) and the host's own answers. */
void sim_follow(struct sim *s, const struct sim_packet *p, enum sim_verdict v, bool loopback);

#endif
