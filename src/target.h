/* SPDX-License-Identifier: GPL-2.0-or-later */
/* target: which nft and which kernel the output is meant for. */
#ifndef IPTC2NFT_TARGET_H
#define IPTC2NFT_TARGET_H

#include <stdbool.h>

struct target_version {
	unsigned nft;    /* 0x010006: 1.0.6 */
	unsigned kernel; /* 0x060c00: 6.12 */
};

#define VERSION_OF(a, b, c) ((unsigned)(a) << 16 | (unsigned)(b) << 8 | (unsigned)(c))

/*
 * target_parse - "nft-1.0.6,kernel-5.10", either part optional, NULL for the defaults
 * The default kernel is the running one (uname), the default nft is 1.0.6: the oldest that the
 * text is made for, whatever is installed. Returns false when the text is not understood.
 */
bool target_parse(const char *text, struct target_version *out);

#endif
