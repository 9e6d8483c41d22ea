/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "likeness.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void free_context(void *ctx)
{
	iptc2nft_free(ctx);
}

static struct likeness begin(struct iptc2nft *like, unsigned tables, struct arena *a)
{
	struct iptc2nft_options o = like->opts;
	struct likeness l = { .status = IPTC2NFT_SYSTEM };

	o.size = sizeof(o);
	o.family = iptc2nft_family(like);
	o.counters = IPTC2NFT_COUNTERS_ZERO;
	o.source_lines = true;
	l.ctx = iptc2nft_new(&o);
	if (!l.ctx)
		arena_oom(a);
	arena_defer(a, free_context, l.ctx);
	l.ctx->alike = tables;
	l.status = IPTC2NFT_OK;
	return l;
}

static void finish(struct likeness *l)
{
	if (l->status == IPTC2NFT_OK)
		l->status = iptc2nft_compile(l->ctx);
	if (l->status == IPTC2NFT_OK)
		l->status = iptc2nft_emit(l->ctx, IPTC2NFT_NETLINK, &l->batch, &l->len);
}

struct likeness likeness_of(struct iptc2nft *ctx, unsigned tables, struct arena *a)
{
	struct likeness l = begin(ctx, tables, a);

	for (const struct source *s = ctx->diags.sources; s && l.status == IPTC2NFT_OK; s = s->next)
		l.status = iptc2nft_add(l.ctx, s->name, s->text, s->len);
	finish(&l);
	return l;
}

struct likeness likeness_of_text(struct iptc2nft *ctx, const char *name, const struct buffer *text, unsigned tables,
				 struct arena *a)
{
	struct likeness l = begin(ctx, tables, a);

	l.status = iptc2nft_add(l.ctx, name, text->data, text->len);
	finish(&l);
	return l;
}

bool likeness_equal(const struct likeness *a, const struct likeness *b)
{
	return a->len == b->len && !memcmp(a->batch, b->batch, a->len);
}

/*
 * The differences are looked for in the text output, where a comment tells each rule's line.
 */
struct line {
	const char *chain, *text;
	const char *source; /* "file:12", or NULL: a chain's own line */
};

struct lines {
	struct line *items;
	uint32_t n, room;
};

static void add_line(struct arena *a, struct lines *l, const char *chain, const char *text, const char *source)
{
	l->items = arena_grow(a, l->items, l->n, &l->room, sizeof(*l->items));
	l->items[l->n++] = (struct line){ chain, text, source };
}

static void split(struct arena *a, char *text, struct lines *out)
{
	const char *chain = NULL, *source = NULL;

	for (char *s = strtok_r(text, "\n", &text); s; s = strtok_r(NULL, "\n", &text)) {
		if (!strncmp(s, "\tchain ", 7)) {
			chain = arena_strndup(a, s + 7, strcspn(s + 7, " "));
			add_line(a, out, chain, s + 1, NULL);
		} else if (!strncmp(s, "\t\t# ", 4)) {
			source = s + 4;
		} else if (!strncmp(s, "\t\t", 2) && chain) {
			add_line(a, out, chain, s + 2, source);
			source = NULL;
		} else if (!strncmp(s, "\t}", 2)) {
			chain = NULL;
		}
	}
}

static struct lines lines_of(const struct likeness *k, struct arena *a)
{
	struct lines l = { 0 };
	const void *text;
	size_t len;

	if (iptc2nft_emit(k->ctx, IPTC2NFT_NFT, &text, &len) == IPTC2NFT_OK)
		split(a, arena_strndup(a, text, len), &l);
	return l;
}

/* The lines of a chain: from *@from to before the result. */
static uint32_t chain_lines(const struct lines *l, const char *chain, uint32_t *from)
{
	uint32_t i = 0;

	while (i < l->n && strcmp(l->items[i].chain, chain))
		i++;
	*from = i;
	while (i < l->n && !strcmp(l->items[i].chain, chain))
		i++;
	return i;
}

/* As written: the line @number of the input. */
static void put_source(const struct likeness *k, const char *place, struct buffer *out)
{
	const char *colon = strrchr(place, ':'), *text = NULL;
	unsigned long number = colon ? strtoul(colon + 1, NULL, 10) : 0;

	for (const struct source *s = k->ctx->diags.sources; s && colon; s = s->next)
		if (!strncmp(s->name, place, (size_t)(colon - place)) && !s->name[colon - place])
			text = s->text;
	while (text && --number && (text = strchr(text, '\n')))
		text++;
	if (text && *text == '[' && strchr(text, ' ')) /* its counters */
		text = strchr(text, ' ') + 1;
	if (text)
		buffer_put(out, text, strcspn(text, "\r\n"));
}

static void put_lines(const struct likeness *k, const struct lines *l, uint32_t from, uint32_t to, char sign,
		      unsigned *left, struct buffer *out)
{
	const char *last = NULL;

	for (; from < to && *left; from++) {
		const struct line *i = &l->items[from];

		if (i->source && last && !strcmp(i->source, last)) /* a rule that became several */
			continue;
		last = i->source;
		--*left;
		buffer_char(out, sign);
		buffer_char(out, ' ');
		if (i->source) {
			buffer_puts(out, i->source);
			buffer_puts(out, ": ");
			put_source(k, i->source, out);
		} else {
			buffer_printf(out, "%s: %s", i->chain, i->text);
		}
		buffer_char(out, '\n');
	}
}

static void compare_chain(const struct likeness *a, const struct lines *x, const struct likeness *b,
			  const struct lines *y, const char *chain, unsigned *left, struct buffer *out)
{
	uint32_t i, j, m = chain_lines(x, chain, &i), n = chain_lines(y, chain, &j);

	while (i < m && j < n && !strcmp(x->items[i].text, y->items[j].text))
		i++, j++;
	while (m > i && n > j && !strcmp(x->items[m - 1].text, y->items[n - 1].text))
		m--, n--;
	put_lines(a, x, i, m, '-', left, out);
	put_lines(b, y, j, n, '+', left, out);
}

void likeness_differences(const struct likeness *a, const struct likeness *b, struct buffer *out)
{
	struct lines x = lines_of(a, out->arena), y = lines_of(b, out->arena);
	unsigned left = LIKENESS_DIFFERENCES;
	uint32_t from;

	for (uint32_t i = 0; i < x.n; i++)
		if (!i || strcmp(x.items[i].chain, x.items[i - 1].chain))
			compare_chain(a, &x, b, &y, x.items[i].chain, &left, out);
	for (uint32_t i = 0; i < y.n; i++)
		if ((!i || strcmp(y.items[i].chain, y.items[i - 1].chain)) &&
		    chain_lines(&x, y.items[i].chain, &from) == from)
			compare_chain(a, &x, b, &y, y.items[i].chain, &left, out);
	if (!left)
		buffer_puts(out, "…\n");
}
