/* SPDX-License-Identifier: GPL-2.0-or-later */
/* buffer: a growing run of bytes for output. Freed with its arena; memory errors as arena's. */
#ifndef IPTC2NFT_BUFFER_H
#define IPTC2NFT_BUFFER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include "arena.h"
#include "pages.h"

struct buffer {
	char *data; /* registered with the arena; not NUL-terminated until buffer_str() */
	size_t len, cap;
	struct pages pages; /* that data is in; .map NULL: it is malloc'ed */
	struct arena *arena;
};

/* A buffer lives in arena memory itself, so that it can be registered once and freed with it. */
struct buffer *buffer_new(struct arena *a);
void buffer_reserve(struct buffer *b, size_t more);
const char *buffer_str(struct buffer *b); /* NUL-terminates and returns data */

static inline void buffer_put(struct buffer *b, const void *s, size_t n)
{
	if (b->cap - b->len < n)
		buffer_reserve(b, n);
	memcpy(b->data + b->len, s, n);
	b->len += n;
}

static inline void buffer_char(struct buffer *b, char c)
{
	buffer_put(b, &c, 1);
}

static inline void buffer_puts(struct buffer *b, const char *s)
{
	buffer_put(b, s, strlen(s));
}

/* For literals: the length is known at compile time. */
#define buffer_lit(b, s) buffer_put((b), "" s, sizeof(s) - 1)

void buffer_u64(struct buffer *b, uint64_t v);             /* decimal */
char *buffer_digits(char *end, uint64_t v); /* up to 20 digits before @end; where they begin */
void buffer_hex(struct buffer *b, uint64_t v, unsigned w); /* 0x, at least w digits */
void buffer_printf(struct buffer *b, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

#endif
