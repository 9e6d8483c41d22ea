/* SPDX-License-Identifier: GPL-2.0-or-later */
/* frag: reassembly (ip_defrag(), nf_ct_frag6_gather()). */
#ifndef IPTC2NFT_SIM_FRAG_H
#define IPTC2NFT_SIM_FRAG_H

#include "sim/sim.h"

struct frag_table;
struct frag_table *frag_table_new(struct arena *a);

/* PASS: not a fragment, or the datagram is whole now; STOLEN: kept until the rest comes; DROP. */
enum sim_result frag_gather(struct sim *s, struct sim_packet *p, unsigned user);

#endif
