/* SPDX-License-Identifier: GPL-2.0-or-later */
/* answer: what this host sends back for a packet. */
#ifndef IPTC2NFT_SIM_ANSWER_H
#define IPTC2NFT_SIM_ANSWER_H

#include "sim/sim.h"

/* answer_to - the answer to @p, which ended as @v, in *a; false: there is none */
bool answer_to(struct sim *s, const struct sim_packet *p, enum sim_verdict v, struct sim_packet *a);

#endif
