/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * likeness: are two iptables rulesets the same, however they were written?
 *
 * Both are compiled in one form: user chains sorted by name, tables and built-in chains that do nothing
 * left out, counters zero. They are the same when the batches for the kernel are, byte by byte: then
 * names, order, options and policies are.
 */
#ifndef IPTC2NFT_LIKENESS_H
#define IPTC2NFT_LIKENESS_H

#include "buffer.h"
#include "context.h"

struct likeness {
	struct iptc2nft *ctx; /* freed with the arena */
	enum iptc2nft_status status;
	const void *batch;
	size_t len;
};

#define LIKENESS_ALL ((1u << TABLE_COUNT) - 1)

/* likeness_of - of the ruleset that a context was made from, or of @text, compiled with that context's
 * options; @tables: those that count, a bit each (enum table_id) */
struct likeness likeness_of(struct iptc2nft *ctx, unsigned tables, struct arena *a);
struct likeness likeness_of_text(struct iptc2nft *ctx, const char *name, const struct buffer *text, unsigned tables,
				 struct arena *a);

bool likeness_equal(const struct likeness *a, const struct likeness *b);

#define LIKENESS_DIFFERENCES 20 /* lines, at most */

/* The lines of @a and @b that differ, those of @a with '-'. None where they can't be written as
 * text (options of the context). */
void likeness_differences(const struct likeness *a, const struct likeness *b, struct buffer *out);

/* likeness_differences_saved - the same for what one program of iptables has saved of both: these
 * are lines that the user knows, and none that differ only because of others */
void likeness_differences_saved(struct buffer *a, struct buffer *b, struct buffer *out);

#endif
