/* SPDX-License-Identifier: GPL-2.0-or-later */
/* signature: what is compared of an observation, as a number. */
#ifndef IPTC2NFT_VERIFY_SIGNATURE_H
#define IPTC2NFT_VERIFY_SIGNATURE_H

#include "verify/observe.h"

/*
 * Where the kernel draws lots (the port of a translation, a sequence number), two runs differ in
 * something, but not in all: so each observation is looked at more and more coarsely.
 */
enum signature_level {
	SIGNATURE_ALL,	 /* all that the kernel does not choose by itself */
	SIGNATURE_PORTS, /* without the first eight bytes of the transport header: ports, sequence */
	SIGNATURE_FATE,	 /* hooks, interfaces and log messages only */
	SIGNATURE_LEVELS
};

struct signature {
	uint64_t level[SIGNATURE_LEVELS];
};

void signature_init(struct signature *s);

/* @in, @out: numbers of interfaces that mean the same on both sides. */
void signature_add(struct signature *s, const struct seen *e, uint32_t in, uint32_t out);

/* A packet of the kernel's own, or of another family. */
bool signature_noise(const struct seen *e, unsigned family);

/* Copy without what the kernel chooses itself; *len is at most what it was. */
void signature_stable(uint8_t *out, const uint8_t *bytes, uint32_t *len);

#endif
