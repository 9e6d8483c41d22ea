/* SPDX-License-Identifier: GPL-2.0-or-later */
/* follow: what a packet provokes on this host. */
#ifndef IPTC2NFT_SIM_FOLLOW_H
#define IPTC2NFT_SIM_FOLLOW_H

#include "sim/sim.h"

/* After sim_walk(): the way back in over lo (told when @loopback) and the host's own answers. */
void sim_follow(struct sim *s, const struct sim_packet *p, enum sim_verdict v, bool loopback);

#endif
