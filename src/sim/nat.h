/* SPDX-License-Identifier: GPL-2.0-or-later */
/* nat: address translation (net/netfilter/nf_nat_core.c). */
#ifndef IPTC2NFT_SIM_NAT_H
#define IPTC2NFT_SIM_NAT_H

#include "sim/sim.h"

/* The nat targets: settle the connection's translation. */
enum sim_result nat_target(struct sim *s, struct sim_packet *p, const struct inst *i);

/* nf_nat_inet_fn() at a hook: consult the nat table for new connections, translate the packet. */
enum sim_result nat_hook(struct sim *s, struct sim_packet *p, enum hook_id h);

#endif
