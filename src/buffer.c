/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "buffer.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

static void buffer_release(void *p)
{
	struct buffer *b = p;

	free(b->data);
	b->data = NULL;
	b->len = b->cap = 0;
}

struct buffer *buffer_new(struct arena *a)
{
	struct buffer *b = ARENA_NEW(a, struct buffer);

	b->arena = a;
	arena_defer(a, buffer_release, b);
	return b;
}

void buffer_reserve(struct buffer *b, size_t more)
{
	if (b->cap - b->len >= more)
		return;
	if (more > SIZE_MAX / 4 || b->cap > SIZE_MAX / 4)
		arena_oom(b->arena);

	size_t cap = b->cap ? b->cap : 4096;

	while (cap - b->len < more)
		cap *= 2;

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

void buffer_u64(struct buffer *b, uint64_t v)
{
	char tmp[20];
	size_t i = sizeof(tmp);

	do
		tmp[--i] = (char)('0' + v % 10);
	while (v /= 10);
	buffer_put(b, tmp + i, sizeof(tmp) - i);
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
