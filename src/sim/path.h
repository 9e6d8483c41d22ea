/* SPDX-License-Identifier: GPL-2.0-or-later */
/* path: a packet's way through the host, from hook to hook. */
#ifndef IPTC2NFT_SIM_PATH_H
#define IPTC2NFT_SIM_PATH_H

#include "sim/sim.h"

/* ip_route_me_harder(): route a local packet again; false: there is no route any more. */
bool path_reroute(struct sim *s, struct sim_packet *p);

/* A packet to a group that went back in as a copy passes POSTROUTING a second time. */
enum sim_verdict path_again(struct sim *s, struct sim_packet *p);

/* path_check.c: what the IP layer refuses, NULL when nothing: before PREROUTING, after it, on forward. */
const char *check_received(struct sim_packet *p);
const char *check_options(struct sim *s, const struct sim_packet *p);
const char *check_forward(struct sim *s, const struct sim_packet *p, const struct route_answer *a);

#endif
