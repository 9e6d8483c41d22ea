/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * bpf_paths: the ways through a classic BPF program that end in a match, each a list of tests.
 *
 * The ways exclude each other: they part where a test holds or does not. A load beyond the packet ends a
 * program with 0, no match, as a failing load ends a rule of nft; so a way has a test of all that it loads.
 */
#ifndef IPTC2NFT_BPF_PATHS_H
#define IPTC2NFT_BPF_PATHS_H

#include "lower.h"

struct sock_filter;

#define BPF_PATHS_MAX LOWER_CLAUSES_MAX

/* (field & mask) op value */
struct bpf_test {
	const struct bpf_test *before;
	struct operand field;
	uint8_t op; /* enum test_op, up to TEST_GE */
	uint32_t mask, value;
	bool known; /* holds for every packet of the family: not to be emitted */
};

static inline bool bpf_same_field(const struct operand *a, const struct operand *b)
{
	return a->field == b->field && a->raw.base == b->raw.base && a->raw.off == b->raw.off &&
	       a->raw.bits == b->raw.bits;
}

struct bpf_paths {
	unsigned n;
	const struct bpf_test *last[BPF_PATHS_MAX]; /* of each way; NULL: no test at all */
	const char *reason; /* why not; or NULL */
};

void bpf_paths_find(struct lower *l, const struct sock_filter *code, struct bpf_paths *out);

#endif
