/* SPDX-License-Identifier: GPL-2.0-or-later */
/* payload: how far into a packet nft can look. */
#ifndef IPTC2NFT_PAYLOAD_H
#define IPTC2NFT_PAYLOAD_H

#include "lower.h"

/* The last byte where a load can begin: struct nft_payload had eight bits for it; operand.raw.off
 * counts bits. */
static inline unsigned payload_offset_max(const struct lower *l)
{
	return l->target.kernel < VERSION_OF(6, 18, 0) ? 255 : UINT16_MAX / 8 - 16;
}

#endif
