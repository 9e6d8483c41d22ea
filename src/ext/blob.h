/* SPDX-License-Identifier: GPL-2.0-or-later */
/* blob: the kernel structures that nft_compat hands to an xtables extension. */
#ifndef IPTC2NFT_BLOB_H
#define IPTC2NFT_BLOB_H

#include "lower.h"

/* Zeroed; its length is what XT_ALIGN() makes of @size, which xt_check_match() insists on. */
static inline void *blob_new(struct lower *l, struct compat_blob *b, const char *name,
			     uint32_t revision, size_t size)
{
	b->name = name;
	b->revision = revision;
	b->len = (uint32_t)(size + 7) & ~7u;
	b->data = arena_alloc(l->arena, b->len);
	return b->data;
}

#endif
