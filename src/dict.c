/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "dict.h"

#include <string.h>

#define FIRST_SIZE 64

static uint32_t hash(const char *s, size_t len)
{
	uint32_t h = 2166136261u; /* FNV-1a */

	for (size_t i = 0; i < len; i++)
		h = (h ^ (unsigned char)s[i]) * 16777619u;
	return h;
}

static struct dict_slot *slot_of(const struct dict *d, const char *name, size_t len)
{
	uint32_t i = hash(name, len) & (d->size - 1);

	while (d->slots[i].name && (d->slots[i].len != len || memcmp(d->slots[i].name, name, len)))
		i = (i + 1) & (d->size - 1);
	return &d->slots[i];
}

void *dict_find(const struct dict *d, const char *name, size_t len)
{
	return d->size ? slot_of(d, name, len)->thing : NULL;
}

static void grow(struct arena *a, struct dict *d)
{
	struct dict old = *d;

	d->size = old.size ? 2 * old.size : FIRST_SIZE;
	d->slots = arena_array(a, d->size, sizeof(*d->slots));
	for (uint32_t i = 0; i < old.size; i++)
		if (old.slots[i].thing)
			*slot_of(d, old.slots[i].name, old.slots[i].len) = old.slots[i];
}

void dict_add(struct arena *a, struct dict *d, const char *name, size_t len, void *thing)
{
	if (2 * (d->used + 1) > d->size)
		grow(a, d);
	*slot_of(d, name, len) = (struct dict_slot){ name, (uint32_t)len, thing };
	d->used++;
}

void dict_remove(struct dict *d, const char *name, size_t len)
{
	slot_of(d, name, len)->thing = NULL;
}
