/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * diag: where in the input, and what was wrong there.
 *
 * All inputs of a context share one position space: a source's text occupies the positions
 * [base, base + len], so that a span needs no file number. Total input is limited to DIAG_POS_MAX.
 */
#ifndef IPTC2NFT_DIAG_H
#define IPTC2NFT_DIAG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "arena.h"
#include "iptc2nft/iptc2nft.h"

#define DIAG_POS_MAX ((size_t)2 << 30)
#define DIAG_LIMIT 1000 /* further diagnostics are counted, not kept */

struct span {
	uint32_t pos; /* 0: nowhere (bases start at 1) */
	uint32_t len;
};

struct source {
	struct source *next;
	const char *name;
	const char *text; /* two NULs behind the end, may hold NULs inside */
	uint32_t len;
	uint32_t base;
	uint32_t *lines; /* start offsets, made when first asked for */
	uint32_t nlines;
};

struct diag {
	struct diag *next;
	enum iptc2nft_severity severity;
	struct span at;
	const char *message;
	uint32_t order; /* of reporting */
};

struct diags {
	struct arena *arena;
	struct source *sources;
	uint32_t next_base;
	struct diag *first, **last;
	bool sorted;
	uint32_t count;   /* kept */
	uint32_t dropped; /* beyond DIAG_LIMIT */
	uint32_t n[IPTC2NFT_SEV_SYSTEM + 1]; /* by severity, dropped ones included */
};

void diags_init(struct diags *d, struct arena *a);

/* Add a source; the text must live as long as the arena. NULL when the position space is full. */
struct source *diags_source(struct diags *d, const char *name, const char *text, size_t len);

void diag_add(struct diags *d, enum iptc2nft_severity sev, struct span at, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));
#define diag_error(d, ...) diag_add((d), IPTC2NFT_SEV_ERROR, __VA_ARGS__)

/* The worst status that the diagnostics amount to. */
enum iptc2nft_status diags_status(const struct diags *d);

/* Into the order of the input; what has no place comes last. Stable. */
void diags_sort(struct diags *d);

/* Where a span is. Returns false (and line 0) for a span that is nowhere. */
struct place {
	const struct source *source;
	uint32_t line, column; /* from 1, in bytes */
	const char *text;      /* the line, without its end */
	uint32_t text_len;
};
bool diag_place(struct diags *d, struct span at, struct place *out);

/* `file:line:col: error: message`, the source line (shortened around the caret when long, control
 * and invalid bytes shown as \xNN), a caret under the span. */
struct buffer;
void diag_render(struct diags *d, const struct diag *diag, bool color, struct buffer *out);

/* "did you mean X?": the nearest of @n names within edit distance 2, or NULL. */
const char *diag_nearest(const char *word, size_t len, const char *const *names, size_t n);

#endif
