/* SPDX-License-Identifier: GPL-2.0-or-later */
/* dict: things by name. Open addressing, at most half full; a removed name leaves its slot taken. */
#ifndef IPTC2NFT_DICT_H
#define IPTC2NFT_DICT_H

#include "arena.h"

struct dict_slot {
	const char *name;
	uint32_t len;
	void *thing; /* NULL: removed */
};

struct dict {
	struct dict_slot *slots;
	uint32_t size; /* a power of two, or 0 */
	uint32_t used;
};

/* NULL: there is none. */
void *dict_find(const struct dict *d, const char *name, size_t len);

/* Only where there is none of this name. @name has to live as long as the dict. */
void dict_add(struct arena *a, struct dict *d, const char *name, size_t len, void *thing);

/* @name has to be in it. */
void dict_remove(struct dict *d, const char *name, size_t len);

#endif
