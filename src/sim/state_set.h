/* SPDX-License-Identifier: GPL-2.0-or-later */
/* state_set: elements that packets have added to sets. */
#ifndef IPTC2NFT_SIM_STATE_SET_H
#define IPTC2NFT_SIM_STATE_SET_H

#include "sim/state.h"

/* state.c: evaluate an element's stateful expressions. */
enum sim_result state_exprs(struct sim *s, struct sim_packet *p, const struct inst *exprs,
			    const void *element);

#endif
