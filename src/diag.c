/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "diag.h"

#include <stdlib.h>
#include <string.h>
#include "buffer.h"

#define SHOWN_BEFORE 60 /* bytes of a long line shown before the caret, and after it */
#define SHOWN_AFTER  60

void diags_init(struct diags *d, struct arena *a)
{
	*d = (struct diags){ .arena = a, .next_base = 1 };
	d->last = &d->first;
}

struct source *diags_source(struct diags *d, const char *name, const char *text, size_t len)
{
	if (len >= DIAG_POS_MAX - d->next_base)
		return NULL;

	struct source *s = ARENA_NEW(d->arena, struct source);

	s->name = arena_strdup(d->arena, name);
	s->text = text;
	s->len = (uint32_t)len;
	s->base = d->next_base;
	d->next_base += s->len + 1; /* the end of a source is a position too */

	struct source **p = &d->sources;

	while (*p)
		p = &(*p)->next;
	*p = s;
	return s;
}

void diag_add(struct diags *d, enum iptc2nft_severity sev, struct span at, const char *fmt, ...)
{
	d->n[sev]++;
	if (d->count >= DIAG_LIMIT) {
		d->dropped++;
		return;
	}

	struct diag *g = ARENA_NEW(d->arena, struct diag);
	va_list ap;

	va_start(ap, fmt);
	g->message = arena_vprintf(d->arena, fmt, ap);
	va_end(ap);
	g->severity = sev;
	g->at = at;
	g->order = d->count;
	*d->last = g;
	d->last = &g->next;
	d->sorted = false;
	d->count++;
}

enum iptc2nft_status diags_status(const struct diags *d)
{
	if (d->n[IPTC2NFT_SEV_ERROR])
		return IPTC2NFT_INPUT;
	if (d->n[IPTC2NFT_SEV_UNSUPPORTED])
		return IPTC2NFT_UNSUPPORTED;
	if (d->n[IPTC2NFT_SEV_SYSTEM])
		return IPTC2NFT_SYSTEM;
	return IPTC2NFT_OK;
}

static int by_position(const void *a, const void *b)
{
	const struct diag *x = *(const struct diag *const *)a, *y = *(const struct diag *const *)b;
	uint32_t p = x->at.pos - 1, q = y->at.pos - 1; /* nowhere (0) becomes the largest */

	if (p != q)
		return p < q ? -1 : 1;
	return x->order < y->order ? -1 : x->order > y->order;
}

void diags_sort(struct diags *d)
{
	if (d->sorted)
		return;

	struct diag **all = arena_array(d->arena, d->count + 1u, sizeof(*all));
	uint32_t n = 0;

	for (struct diag *g = d->first; g; g = g->next)
		all[n++] = g;
	qsort(all, n, sizeof(*all), by_position);
	d->last = &d->first;
	for (uint32_t i = 0; i < n; i++) {
		*d->last = all[i];
		d->last = &all[i]->next;
	}
	*d->last = NULL;
	d->sorted = true;
}

static void index_lines(struct diags *d, struct source *s)
{
	uint32_t n = 1;

	for (const char *p = s->text; (p = memchr(p, '\n', s->len - (size_t)(p - s->text))); p++)
		n++;
	s->lines = arena_array(d->arena, n, sizeof(*s->lines));
	s->nlines = 0;
	s->lines[s->nlines++] = 0;
	for (const char *p = s->text; (p = memchr(p, '\n', s->len - (size_t)(p - s->text))); p++)
		s->lines[s->nlines++] = (uint32_t)(p - s->text) + 1;
}

bool diag_place(struct diags *d, struct span at, struct place *out)
{
	struct source *s = d->sources;

	*out = (struct place){ 0 };
	if (!at.pos)
		return false;
	while (s && at.pos > s->base + s->len)
		s = s->next;
	if (!s)
		return false;
	if (!s->lines)
		index_lines(d, s);

	uint32_t off = at.pos - s->base, lo = 0, hi = s->nlines;

	while (hi - lo > 1) {
		uint32_t mid = lo + (hi - lo) / 2;

		if (s->lines[mid] <= off)
			lo = mid;
		else
			hi = mid;
	}

	uint32_t start = s->lines[lo];
	uint32_t end = lo + 1 < s->nlines ? s->lines[lo + 1] - 1 : s->len;

	if (end > start && s->text[end - 1] == '\r')
		end--;
	*out = (struct place){ .source = s, .line = lo + 1, .column = off - start + 1,
			       .text = s->text + start, .text_len = end - start };
	return true;
}

/* Length of the valid UTF-8 sequence of printable characters at p, or 0. */
static unsigned utf8_len(const unsigned char *p, size_t left)
{
	static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	unsigned n = p[0] < 0x80 ? 1 : p[0] >> 5 == 6 ? 2 : p[0] >> 4 == 14 ? 3 : p[0] >> 3 == 30 ? 4 : 0;

	if (!n || n > left)
		return 0;
	if (n == 1)
		return p[0] >= 0x20 && p[0] != 0x7f;

	uint32_t c = p[0] & (0x7f >> n);

	for (unsigned i = 1; i < n; i++) {
		if (p[i] >> 6 != 2)
			return 0;
		c = c << 6 | (p[i] & 0x3f);
	}
	/* C1 controls, surrogates and bidirectional overrides could fake a terminal's contents, blanks that
	 * are none would be taken for some. */
	if (c < least[n] || c > 0x10ffff || (c >= 0xd800 && c < 0xe000) || (c >= 0x80 && c < 0xa0) ||
	    (c >= 0x2000 && c <= 0x200f) || (c >= 0x2028 && c <= 0x202f) || c == 0xa0 ||
	    c == 0x3000 || c == 0xfeff ||
	    (c >= 0x2066 && c <= 0x2069))
		return 0;
	return n;
}

/* Append text made safe for a terminal; returns the columns it takes. */
static unsigned put_visible(struct buffer *out, const char *s, size_t len)
{
	unsigned columns = 0;

	for (size_t i = 0; i < len;) {
		unsigned n = utf8_len((const unsigned char *)s + i, len - i);

		if (s[i] == '\t') {
			buffer_char(out, ' ');
			columns++;
			i++;
		} else if (n) {
			buffer_put(out, s + i, n);
			columns++;
			i += n;
		} else {
			buffer_printf(out, "\\x%02x", (unsigned char)s[i]);
			columns += 4;
			i++;
		}
	}
	return columns;
}

static void put_source_line(const struct place *p, uint32_t span_len, bool color, struct buffer *out)
{
	uint32_t at = p->column - 1, from = 0, to = p->text_len;

	if (at > p->text_len)
		at = p->text_len;
	if (at > SHOWN_BEFORE + 3)
		from = at - SHOWN_BEFORE;
	if (to > at + SHOWN_AFTER + 3)
		to = at + SHOWN_AFTER;
	/* Do not cut a UTF-8 sequence in two. */
	while (from > 0 && from < at && ((unsigned char)p->text[from] >> 6) == 2)
		from++;
	while (to < p->text_len && to > at && ((unsigned char)p->text[to] >> 6) == 2)
		to--;

	unsigned pad = from ? 3 : 0, width = 0;
	uint32_t mark = span_len && at + span_len <= to ? span_len : to > at ? to - at : 0;

	if (from)
		buffer_lit(out, "...");
	pad += put_visible(out, p->text + from, at - from);
	width = put_visible(out, p->text + at, mark);
	put_visible(out, p->text + at + mark, to - at - mark);
	if (to < p->text_len)
		buffer_lit(out, "...");
	buffer_char(out, '\n');
	for (unsigned i = 0; i < pad; i++)
		buffer_char(out, ' ');
	if (color)
		buffer_lit(out, "\033[1;32m");
	buffer_char(out, '^');
	for (unsigned i = 1; i < width; i++)
		buffer_char(out, '~');
	if (color)
		buffer_lit(out, "\033[0m");
	buffer_char(out, '\n');
}

static const struct {
	const char *word, *color;
} severities[] = {
	[IPTC2NFT_SEV_NOTE] = { "note", "\033[1;36m" },
	[IPTC2NFT_SEV_WARNING] = { "warning", "\033[1;35m" },
	[IPTC2NFT_SEV_ERROR] = { "error", "\033[1;31m" },
	[IPTC2NFT_SEV_UNSUPPORTED] = { "error", "\033[1;31m" },
	[IPTC2NFT_SEV_SYSTEM] = { "error", "\033[1;31m" },
};

void diag_render(struct diags *d, const struct diag *g, bool color, struct buffer *out)
{
	struct place p;
	bool placed = diag_place(d, g->at, &p);

	if (placed) {
		put_visible(out, p.source->name, strlen(p.source->name));
		buffer_printf(out, ":%u:%u: ", p.line, p.column);
	} else {
		buffer_lit(out, "iptc2nft: ");
	}
	if (color)
		buffer_puts(out, severities[g->severity].color);
	buffer_puts(out, severities[g->severity].word);
	buffer_lit(out, ": ");
	if (color)
		buffer_lit(out, "\033[0m");
	put_visible(out, g->message, strlen(g->message));
	buffer_char(out, '\n');
	if (placed && p.text_len)
		put_source_line(&p, g->at.len, color, out);
}

/* Optimal string alignment distance, given up beyond 2. */
static unsigned distance(const char *a, size_t n, const char *b, size_t m)
{
	enum { MAX = 64 };
	unsigned char row[3][MAX + 1];

	if (n > MAX || m > MAX || n > m + 2 || m > n + 2)
		return 3;
	for (size_t j = 0; j <= m; j++)
		row[0][j] = (unsigned char)j;
	for (size_t i = 1; i <= n; i++) {
		unsigned char *cur = row[i % 3], *prev = row[(i + 2) % 3], *prev2 = row[(i + 1) % 3];

		cur[0] = (unsigned char)i;
		for (size_t j = 1; j <= m; j++) {
			unsigned v = prev[j - 1] + (a[i - 1] != b[j - 1]);

			if (v > prev[j] + 1u)
				v = prev[j] + 1u;
			if (v > cur[j - 1] + 1u)
				v = cur[j - 1] + 1u;
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] &&
			    v > prev2[j - 2] + 1u)
				v = prev2[j - 2] + 1u;
			cur[j] = (unsigned char)v;
		}
	}
	return row[n % 3][m];
}

const char *diag_nearest(const char *word, size_t len, const char *const *names, size_t n)
{
	const char *best = NULL;
	unsigned least = len > 3 ? 3 : 2;

	for (size_t i = 0; i < n; i++)
		if (strlen(names[i]) == len && !strncasecmp(names[i], word, len))
			return names[i];
	for (size_t i = 0; i < n; i++) {
		unsigned v = distance(word, len, names[i], strlen(names[i]));

		if (v < least) {
			least = v;
			best = names[i];
		}
	}
	return best;
}
