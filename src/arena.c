/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "arena.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "pages.h"

/* Blocks grow with the arena; an arena that has become large, or will, gets them as huge pages. */
#define BLOCK_MIN   ((size_t)64 << 10)
#define BLOCK_MAX   ((size_t)32 << 20)
#define ARENA_LARGE ((size_t)3 << 20)

struct arena_block {
	struct arena_block *next;
	size_t size;
	struct pages pages; /* .map NULL: free() */
};

struct arena_defer_entry {
	struct arena_defer_entry *next;
	void (*fn)(void *);
	void *ptr;
};

void arena_init(struct arena *a)
{
	*a = (struct arena){ 0 };
}

static void block_free(struct arena_block *b)
{
	struct pages pages = b->pages;

	if (pages.map)
		pages_free(&pages);
	else
		free(b);
}

void arena_free(struct arena *a)
{
	for (struct arena_defer_entry *d = a->deferred; d; d = d->next)
		d->fn(d->ptr);
	for (struct arena_block *b = a->blocks, *next; b; b = next) {
		next = b->next;
		block_free(b);
	}
	*a = (struct arena){ 0 };
}

void arena_oom(struct arena *a)
{
	if (!a->on_oom)
		abort(); /* an entry point forgot its recovery point: a bug, not a condition */
	longjmp(*a->on_oom, 1);
}

/* A zeroed block of @size bytes, header included; NULL: no memory. */
static struct arena_block *block_new(size_t size)
{
	struct arena_block *b;
	struct pages pages;

	if (size < 2 * HUGE_PAGE)
		return calloc(1, size);
	b = pages_new(&pages, size);
	if (b)
		b->pages = pages;
	return b;
}

void *arena_more(struct arena *a, size_t size)
{
	size_t want = a->total / 4;

	if (want < BLOCK_MIN)
		want = BLOCK_MIN;
	if (want > BLOCK_MAX)
		want = BLOCK_MAX;
	if ((a->large || a->total >= ARENA_LARGE) && want < 2 * HUGE_PAGE)
		want = 2 * HUGE_PAGE;
	if (want >= 2 * HUGE_PAGE) /* whole pages, header included */
		want = (want & ~(HUGE_PAGE - 1)) - sizeof(struct arena_block);
	if (want < size)
		want = size;
	if (want > SIZE_MAX / 2)
		arena_oom(a);

	struct arena_block *b = block_new(sizeof(*b) + want);

	if (!b)
		arena_oom(a);
	b->size = want;
	b->next = a->blocks;
	a->blocks = b;
	a->total += want;

	unsigned char *p = (unsigned char *)(b + 1);

	/* A block made for one large piece must not hide the room left in the current one. */
	if (want - size >= (size_t)(a->end - a->next)) {
		a->next = p + size;
		a->end = p + want;
	}
	return p;
}

char *arena_strndup(struct arena *a, const char *s, size_t len)
{
	char *p = arena_bytes(a, len + 1);

	if (len)
		memcpy(p, s, len);
	p[len] = '\0';
	return p;
}

char *arena_strdup(struct arena *a, const char *s)
{
	return arena_strndup(a, s, strlen(s));
}

char *arena_vprintf(struct arena *a, const char *fmt, va_list ap)
{
	va_list copy;

	va_copy(copy, ap);
	int n = vsnprintf(NULL, 0, fmt, copy);
	va_end(copy);
	if (n < 0)
		arena_oom(a);

	char *p = arena_bytes(a, (size_t)n + 1);

	vsnprintf(p, (size_t)n + 1, fmt, ap);
	return p;
}

char *arena_printf(struct arena *a, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	char *p = arena_vprintf(a, fmt, ap);
	va_end(ap);
	return p;
}

void arena_defer(struct arena *a, void (*fn)(void *), void *ptr)
{
	struct arena_defer_entry *d = ARENA_NEW(a, struct arena_defer_entry);

	d->fn = fn;
	d->ptr = ptr;
	d->next = a->deferred;
	a->deferred = d;
}

void *arena_grow(struct arena *a, void *items, size_t n, uint32_t *cap, size_t size)
{
	if (n < *cap)
		return items;

	uint32_t more = *cap ? *cap * 2 : 4;

	if (more < *cap)
		arena_oom(a);

	void *p = arena_array(a, more, size);

	if (n)
		memcpy(p, items, n * size);
	*cap = more;
	return p;
}

void arena_adopt(struct arena *to, struct arena *from)
{
	struct arena_block **block = &from->blocks;
	struct arena_defer_entry **defer = &from->deferred;

	while (*block)
		block = &(*block)->next;
	*block = to->blocks;
	to->blocks = from->blocks;
	while (*defer)
		defer = &(*defer)->next;
	*defer = to->deferred;
	to->deferred = from->deferred;
	to->total += from->total;
	*from = (struct arena){ 0 };
}

size_t arena_size(const struct arena *a)
{
	return a->total;
}

/* The bytes of a block that are in use: all, but for the one that is being filled. */
static size_t block_used(const struct arena_state *st, const struct arena_block *b)
{
	const unsigned char *p = (const unsigned char *)(b + 1);

	return st->end == p + b->size ? (size_t)(st->next - p) : b->size;
}

void arena_save(const struct arena *a, struct arena_state *st, void *copy)
{
	unsigned char *to = copy;

	*st = (struct arena_state){ a->next, a->end, a->blocks, a->total };
	for (const struct arena_block *b = st->blocks; b; b = b->next) {
		size_t n = block_used(st, b);

		memcpy(to, b + 1, n);
		to += n;
	}
}

void arena_restore(struct arena *a, const struct arena_state *st, const void *copy)
{
	const unsigned char *from = copy;

	while (a->blocks != st->blocks) {
		struct arena_block *newer = a->blocks;

		a->blocks = newer->next;
		block_free(newer);
	}
	for (struct arena_block *b = a->blocks; b; b = b->next) {
		size_t n = block_used(st, b);

		memcpy(b + 1, from, n);
		from += n;
	}
	if (st->next) /* memory is handed out zeroed */
		memset(st->next, 0, (size_t)((a->end == st->end ? a->next : st->end) - st->next));
	a->next = st->next;
	a->end = st->end;
	a->total = st->total;
}
