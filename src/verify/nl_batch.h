/* SPDX-License-Identifier: GPL-2.0-or-later */
/* nl_batch: a small nf_tables batch, message by message; attributes with nl_attr.h between them. */
#ifndef IPTC2NFT_NL_BATCH_H
#define IPTC2NFT_NL_BATCH_H

#include <stddef.h>
#include <stdint.h>
#include "buffer.h"

struct nl_batch {
	struct buffer *b;
	uint32_t seq;
	size_t message; /* where the open one begins */
};

/* @generation: what the ruleset must be at when the batch comes; else the kernel answers ERESTART. 0: any */
void nl_batch_begin(struct nl_batch *n, struct buffer *b, uint32_t generation);
void nl_batch_message(struct nl_batch *n, unsigned type, unsigned flags, uint8_t family);
void nl_batch_message_end(struct nl_batch *n);
void nl_batch_end(struct nl_batch *n);

#endif
