/* SPDX-License-Identifier: GPL-2.0-or-later */
/* state: what rules remember from packet to packet: limits, quotas, counters, set elements. */
#ifndef IPTC2NFT_SIM_STATE_H
#define IPTC2NFT_SIM_STATE_H

#include "sim/sim.h"

struct state_table;
struct state_table *state_table_new(struct arena *a);

/* @owner: whose state it is, an instruction or an object: every clause's copy is one of its own. */
enum sim_result state_limit(struct sim *s, struct sim_packet *p, const void *owner,
			    const struct inst_limit *l);
enum sim_result state_quota(struct sim *s, struct sim_packet *p, const void *owner,
			    const struct inst_quota *q);
enum sim_result state_connlimit(struct sim *s, struct sim_packet *p, const void *owner,
				const struct inst_connlimit *c);
enum sim_result state_object(struct sim *s, struct sim_packet *p, const struct ir_object *o);
uint32_t state_next(struct sim *s, const void *owner, uint32_t modulus); /* numgen inc */

/* Named sets and maps. */
enum sim_result state_in_set(struct sim *s, struct sim_packet *p, const struct inst_lookup *l);
enum sim_result state_lookup(struct sim *s, struct sim_packet *p, const struct ir_set *map,
			     const struct operand *key, unsigned nkey, struct value *out);
enum sim_result state_dynset(struct sim *s, struct sim_packet *p, const struct inst_dynset *d);

#endif
