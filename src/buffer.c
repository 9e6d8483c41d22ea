/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "buffer.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#define BUFFER_LARGE ((size_t)1 << 20)

static void release(const struct buffer *b)
{
	if (b->pages.map)
		pages_free(&b->pages);
	else
		free(b->data);
}

static void buffer_release(void *p)
{
	struct buffer *b = p;

	release(b);
	b->data = NULL;
	b->pages.map = NULL;
	b->len = b->cap = 0;
}

struct buffer *buffer_new(struct arena *a)
{
	struct buffer *b = ARENA_NEW(a, struct buffer);

	b->arena = a;
	arena_defer(a, buffer_release, b);
	return b;
}

/* In pages that will rarely have to grow: what is not touched costs nothing. */
static void move_to_pages(struct buffer *b, size_t cap)
{
	struct pages pages;
	char *p;

	cap = cap < 32 * HUGE_PAGE ? 32 * HUGE_PAGE : cap * 2;
	p = pages_new(&pages, cap);
	if (!p)
		arena_oom(b->arena);
	if (b->len)
		memcpy(p, b->data, b->len);
	release(b);
	b->data = p;
	b->cap = cap;
	b->pages = pages;
}

void buffer_reserve(struct buffer *b, size_t more)
{
	if (b->cap - b->len >= more)
		return;
	if (more > SIZE_MAX / 8 || b->cap > SIZE_MAX / 8)
		arena_oom(b->arena);

	size_t cap = b->cap ? b->cap : 4096;

	while (cap - b->len < more)
		cap *= 2;
	if (cap > BUFFER_LARGE) {
		move_to_pages(b, cap);
		return;
	}

	char *p = realloc(b->data, cap);

	if (!p)
		arena_oom(b->arena);
	b->data = p;
	b->cap = cap;
}

const char *buffer_str(struct buffer *b)
{
	buffer_reserve(b, 1);
	b->data[b->len] = '\0';
	return b->data;
}

/* Two digits at a time: numbers are half of what is written. */
char *buffer_digits(char *end, uint64_t v)
{
	static const char pairs[] = "00010203040506070809101112131415161718192021222324"
				    "25262728293031323334353637383940414243444546474849"
				    "50515253545556575859606162636465666768697071727374"
				    "75767778798081828384858687888990919293949596979899";

	for (; v > 99; v /= 100) {
		end -= 2;
		memcpy(end, pairs + 2 * (v % 100), 2);
	}
	if (v > 9) {
		end -= 2;
		memcpy(end, pairs + 2 * v, 2);
	} else {
		*--end = (char)('0' + v);
	}
	return end;
}

void buffer_u64(struct buffer *b, uint64_t v)
{
	char tmp[20], *s = buffer_digits(tmp + sizeof(tmp), v);

	buffer_put(b, s, (size_t)(tmp + sizeof(tmp) - s));
}

void buffer_hex(struct buffer *b, uint64_t v, unsigned w)
{
	char tmp[16];
	size_t i = sizeof(tmp);

	do
		tmp[--i] = "0123456789abcdef"[v & 15];
	while (v >>= 4);
	while (sizeof(tmp) - i < w && i)
		tmp[--i] = '0';
	buffer_lit(b, "0x");
	buffer_put(b, tmp + i, sizeof(tmp) - i);
}

void buffer_printf(struct buffer *b, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	int n = vsnprintf(NULL, 0, fmt, ap);
	va_end(ap);
	if (n < 0)
		arena_oom(b->arena);
	buffer_reserve(b, (size_t)n + 1);
	va_start(ap, fmt);
	vsnprintf(b->data + b->len, (size_t)n + 1, fmt, ap);
	va_end(ap);
	b->len += (size_t)n;
}
