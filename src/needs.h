/* SPDX-License-Identifier: GPL-2.0-or-later */
/* needs: the kernel's nf_tables expression types that an output needs. */
#ifndef IPTC2NFT_NEEDS_H
#define IPTC2NFT_NEEDS_H

#include "ir.h"

enum feature {
	FEATURE_BITWISE, FEATURE_BYTEORDER, FEATURE_CMP, FEATURE_CONNLIMIT, FEATURE_COUNTER, FEATURE_CT,
	FEATURE_DUP, FEATURE_DYNSET, FEATURE_EXTHDR, FEATURE_FIB, FEATURE_HASH, FEATURE_IMMEDIATE,
	FEATURE_LIMIT, FEATURE_LOG, FEATURE_LOOKUP, FEATURE_MASQ, FEATURE_MATCH, FEATURE_META,
	FEATURE_NAT, FEATURE_NOTRACK, FEATURE_NUMGEN, FEATURE_OBJREF, FEATURE_OSF, FEATURE_PAYLOAD,
	FEATURE_QUEUE, FEATURE_QUOTA, FEATURE_RANGE, FEATURE_REDIR, FEATURE_REJECT, FEATURE_RT,
	FEATURE_SOCKET, FEATURE_SYNPROXY, FEATURE_TPROXY, FEATURE_XFRM, FEATURE_COUNT
};

struct feature_info {
	const char *name;   /* as the kernel calls it */
	const char *config; /* the option that builds it, NULL: part of nf_tables itself */
	unsigned since;     /* VERSION_OF() the first kernel that has it; 0: as old as nf_tables */
};

extern const struct feature_info feature_table[FEATURE_COUNT];

/* The set of features, bit by bit. */
uint64_t features_needed(const struct ir *ir);

/* Refuse what kernel @version does not have, once per feature, at its first use. */
void features_check(const struct ir *ir, unsigned version);

#endif
