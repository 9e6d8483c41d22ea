/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * arena: one pool a context, one free.
 *
 * Invariant: whatever a phase allocates lives until arena_free(). Exhausted memory is not returned
 * to the caller but longjmps to the recovery point that the public entry point has set
 * (arena->on_oom), so that no phase has to check allocations and no partial result escapes. Code
 * between the recovery point and an allocation must therefore hold no resource of its own (file
 * descriptor, malloc) that is not registered with arena_defer().
 */
#ifndef IPTC2NFT_ARENA_H
#define IPTC2NFT_ARENA_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct arena_block;
struct arena_defer_entry;

struct arena {
	unsigned char *next, *end;
	struct arena_block *blocks;
	struct arena_defer_entry *deferred;
	size_t total;      /* bytes got from the system */
	bool large;        /* it will hold much */
	jmp_buf *on_oom;   /* never NULL while allocating */
};

void arena_init(struct arena *a);
void arena_free(struct arena *a); /* runs deferred functions, newest first */

/* Leave for the recovery point: memory ran out. */
void arena_oom(struct arena *a) __attribute__((noreturn));

/* What the functions below do when the current block is full. */
void *arena_more(struct arena *a, size_t size);

/*
 * Zeroed, aligned to 8 (arena_alloc) or to 1 without zeroing (arena_bytes). Never NULL. In line:
 * a rule makes some twenty of these calls. Blocks come zeroed and are used once.
 */
static inline void *arena_bytes(struct arena *a, size_t size)
{
	void *p = a->next;

	if (size > (size_t)(a->end - a->next))
		return arena_more(a, size);
	a->next += size;
	return p;
}

static inline void *arena_alloc(struct arena *a, size_t size)
{
	size_t pad = -(uintptr_t)a->next & 7;
	unsigned char *p;

	if (size > SIZE_MAX / 4)
		arena_oom(a);
	size = (size + 7) & ~(size_t)7;
	if (pad + size > (size_t)(a->end - a->next))
		return arena_more(a, size);
	p = a->next + pad;
	a->next = p + size;
	return p;
}

/* Checks n * size for overflow. */
static inline void *arena_array(struct arena *a, size_t n, size_t size)
{
	if (size && n > SIZE_MAX / 4 / size)
		arena_oom(a);
	return arena_alloc(a, n * size);
}

/* A NUL-terminated copy of @len bytes. */
char *arena_strndup(struct arena *a, const char *s, size_t len);
char *arena_strdup(struct arena *a, const char *s);
char *arena_printf(struct arena *a, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
char *arena_vprintf(struct arena *a, const char *fmt, va_list ap)
	__attribute__((format(printf, 2, 0)));

/* Call fn(ptr) when the arena is freed. */
void arena_defer(struct arena *a, void (*fn)(void *), void *ptr);

/*
 * arena_grow - make room for one more in a growing array
 * @items: the array (may be NULL), @n used of *@cap, elements of @size bytes
 * Returns the array, moved when it had to grow; the old copy stays in the arena (doubling bounds
 * the waste to the final size).
 */
void *arena_grow(struct arena *a, void *items, size_t n, uint32_t *cap, size_t size);

/* What @from holds is @to's from now on; @from is empty. */
void arena_adopt(struct arena *to, struct arena *from);

/*
 * What an arena holds, to go back to: arena_save() copies it, arena_size() bytes at most. What is there
 * again after arena_restore() is at its old addresses; what came since is gone. Nothing may have been
 * deferred meanwhile.
 */
struct arena_state {
	unsigned char *next, *end;
	struct arena_block *blocks;
	size_t total;
};
size_t arena_size(const struct arena *a);
void arena_save(const struct arena *a, struct arena_state *st, void *copy);
void arena_restore(struct arena *a, const struct arena_state *st, const void *copy);

#define ARENA_NEW(a, type) ((type *)arena_alloc((a), sizeof(type)))

#endif
