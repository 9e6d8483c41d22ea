/* SPDX-License-Identifier: GPL-2.0-or-later */
/* describe: packets, rules and reasons in words, for the outputs that people read. */
#ifndef IPTC2NFT_SIM_DESCRIBE_H
#define IPTC2NFT_SIM_DESCRIBE_H

#include "buffer.h"
#include "sim/sim.h"

/* "tcp 198.51.100.7:40000 -> 203.0.113.2:22 SYN" */
void describe_packet(struct buffer *b, const struct sim_packet *p);

/* The rule as the input has it: "-A INPUT -p tcp -j ACCEPT"; control bytes as \xNN. */
void describe_rule(struct buffer *b, const struct sim *s, const struct rule *r);
/* "rules.v4:18" */
void describe_place(struct buffer *b, const struct sim *s, struct span at);

/* The words of the input that an instruction stands for: "--dport 22". */
void describe_words(struct buffer *b, const struct sim *s, const struct inst *i);

/* What the packet has where a test failed: "tcp dport is 80"; nothing when that says nothing. */
void describe_found(struct buffer *b, struct sim *s, const struct sim_packet *p, const struct inst *i);

/* What an action does, as nft writes it: "meta mark set 0x1". */
void describe_action(struct buffer *b, const struct sim *s, const struct inst *i);

/* The routing decision: "forward to eth1 via 10.0.0.1 (route 10.0.0.0/8)". */
void describe_route(struct buffer *b, const struct sim_packet *p, const struct route_answer *a);

/* "rule 3 of filter INPUT", "the policy of filter INPUT"; false: no rule decided. */
bool describe_decision(struct buffer *b, const struct sim *s, enum sim_verdict v);

/* Only the last thing that the rule asks failed, and something before it held. */
/* " (-j TARGET)", where the rule has one. */
void describe_target(struct buffer *b, const struct sim *s, const struct rule *r);

/* Why it can't be known whether a condition holds. */
void describe_unknown(struct buffer *b, const struct inst *i);

bool describe_near(const struct sim *s, const struct sim_packet *p, const struct inst *failed);

#endif
