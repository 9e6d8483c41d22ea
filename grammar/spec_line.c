/* SPDX-License-Identifier: GPL-2.0-or-later */
/* spec_line: packet.spec's lines and words, and the values that host and packets share. */
#include "spec_file.h"

#include <string.h>
#include "value.h"

#define LINE_WORDS_MAX 4096

void spec_file_init(struct spec *s, struct arena *a, struct diags *d, struct host *h)
{
	*s = (struct spec){ .arena = a, .diags = d, .host = h };
	s->last = &s->items;
}

bool spec_error(const struct spec_line *l, struct span at, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	diag_error(l->spec->diags, at, "%s", arena_vprintf(l->spec->arena, fmt, ap));
	va_end(ap);
	return false;
}

bool spec_word_is(const struct spec_word *w, const char *s)
{
	return !w->value && !w->quoted && w->len == strlen(s) && !memcmp(w->s, s, w->len);
}

bool spec_address(const struct spec_line *l, const char *s, uint32_t len, struct span at,
		  unsigned *family, struct addr *out)
{
	memset(out, 0, sizeof(*out));
	if (memchr(s, ':', len)) {
		*family = FAMILY_IPV6;
		if (value_ipv6(s, len, &out->v6))
			return true;
	} else {
		*family = FAMILY_IPV4;
		if (value_ipv4(s, len, &out->v4))
			return true;
	}
	return spec_error(l, at, "'%.*s' is not an IP address", (int)len, s);
}

bool spec_prefix(const struct spec_line *l, const char *s, uint32_t len, struct span at,
		 unsigned *family, struct addr *out, uint8_t *prefix)
{
	const char *slash = memchr(s, '/', len);
	uint32_t alen = slash ? (uint32_t)(slash - s) : len;
	uint64_t n;

	if (!spec_address(l, s, alen, at, family, out))
		return false;
	n = family_bytes(*family) * 8;
	if (slash && !value_u64(slash + 1, len - alen - 1, 0, n, &n))
		return spec_error(l, at, "'%.*s': the prefix length is not a number from 0 to %u",
				  (int)len, s, family_bytes(*family) * 8);
	*prefix = (uint8_t)n;
	return true;
}

bool spec_duration(const struct spec_line *l, const struct spec_word *w, uint64_t *ms)
{
	static const struct {
		const char *unit;
		uint64_t ms;
	} units[] = { { "ms", 1 }, { "s", 1000 }, { "", 1000 }, { "m", 60000 }, { "min", 60000 },
		      { "h", 3600000 }, { "d", 86400000 } };
	uint64_t n;
	size_t used;

	if (w->value || !value_u64_prefix(w->s, w->len, &n, &used) || n > 100000000)
		return spec_error(l, w->at, "'%.*s' is not a duration such as 60s, 500ms, 5m, 2h, 1d",
				  (int)w->len, w->s);
	for (unsigned i = 0; i < sizeof(units) / sizeof(*units); i++)
		if (strlen(units[i].unit) == w->len - used &&
		    !memcmp(units[i].unit, w->s + used, w->len - used)) {
			*ms = n * units[i].ms;
			return true;
		}
	return spec_error(l, w->at, "'%.*s': the unit is not one of ms, s, m, h, d", (int)w->len, w->s);
}

static void too_early_end(const struct spec_line *l, uint32_t pos)
{
	spec_error(l, (struct span){ pos, 1 }, "the quote is not closed");
}

/* Reads one word at *p; false: reported. Words are copied, since quotes are undone. */
static bool read_word(const struct spec_line *l, const struct source *src, const char **p,
		      const char *end, struct spec_word *w)
{
	const char *s = *p;
	char *out = arena_bytes(l->spec->arena, (size_t)(end - s) + 1);
	uint32_t start = src->base + (uint32_t)(s - src->text);
	char quote = 0;

	*w = (struct spec_word){ .s = out, .quoted = *s == '"' };
	w->at.pos = start;
	for (; s < end; s++) {
		if (quote) {
			if (*s == quote)
				quote = 0;
			else
				out[w->len++] = *s == '\\' && s + 1 < end ? *++s : *s;
		} else if (*s == '"') {
			quote = *s;
		} else if (*s == ' ' || *s == '\t' || *s == '#') {
			break;
		} else if (*s == '=' && !w->value && !w->quoted) {
			w->value = out + w->len;
			w->value_at.pos = src->base + (uint32_t)(s + 1 - src->text);
			w->value_len = w->len; /* so far the key's; see below */
		} else {
			out[w->len++] = *s;
		}
	}
	w->at.len = (uint32_t)(s - *p);
	if (quote) {
		too_early_end(l, start);
		return false;
	}
	if (w->value) {
		uint32_t key = w->value_len;

		w->value_len = w->len - key;
		w->len = key;
		w->value_at.len = start + w->at.len - w->value_at.pos;
	}
	*p = s;
	return true;
}

static bool read_words(struct spec_line *l, const struct source *src, const char *p, const char *end)
{
	uint32_t cap = 0;

	l->n = 0;
	l->words = NULL;
	for (;;) {
		while (p < end && (*p == ' ' || *p == '\t'))
			p++;
		if (p == end || *p == '#')
			return true;
		if (l->n == LINE_WORDS_MAX)
			return spec_error(l, l->at, "more than %d words", LINE_WORDS_MAX);
		l->words = arena_grow(l->spec->arena, l->words, l->n, &cap, sizeof(*l->words));
		if (!read_word(l, src, &p, end, &l->words[l->n]))
			return false;
		l->n++;
	}
}

static void add_wait(const struct spec_line *l)
{
	struct spec_item *i;
	uint64_t ms;

	if (l->n != 2) {
		spec_error(l, l->at, "wait takes one duration");
		return;
	}
	if (!spec_duration(l, &l->words[1], &ms))
		return;
	i = ARENA_NEW(l->spec->arena, struct spec_item);
	i->kind = SPEC_WAIT;
	i->wait_ms = ms;
	*l->spec->last = i;
	l->spec->last = &i->next;
}

static void one_line(struct spec_line *l)
{
	static const char *const keywords[] = { "interface", "route", "rule", "set", "sysctl",
						"packet", "wait" };
	const struct spec_word *w = &l->words[0];
	bool packet = spec_word_is(w, "packet"), wait = spec_word_is(w, "wait");
	const char *near;

	if (packet || wait) {
		if (l->spec->host_only) {
			spec_error(l, w->at, "a host file has no packets");
			return;
		}
		l->spec->in_packets = true;
		if (packet)
			spec_packet_line(l, 1);
		else
			add_wait(l);
		return;
	}
	if (spec_host_line(l) || (l->spec->host_only && spec_ip_line(l)))
		return;
	near = diag_nearest(w->s, w->len, keywords, sizeof(keywords) / sizeof(*keywords));
	spec_error(l, w->at, near ? "'%.*s' is not a keyword; did you mean %s?"
				  : "'%.*s' is not a keyword: want interface, route, rule, set, "
				    "sysctl, packet or wait%s",
		   (int)w->len, w->s, near ? near : "");
}

void spec_file_parse(struct spec *s, const struct source *src)
{
	const char *p = src->text, *end = src->text + src->len;

	while (p < end) {
		const char *nl = memchr(p, '\n', (size_t)(end - p)), *stop = nl ? nl : end;
		struct spec_line l = { .spec = s };

		if (stop > p && stop[-1] == '\r')
			stop--;
		l.at = (struct span){ src->base + (uint32_t)(p - src->text), (uint32_t)(stop - p) };
		if (memchr(p, '\0', (size_t)(stop - p)))
			spec_error(&l, l.at, "a NUL byte");
		else if (read_words(&l, src, p, stop) && l.n)
			one_line(&l);
		p = nl ? nl + 1 : end;
	}
}

void spec_parse_packet(struct spec *s, const struct source *src)
{
	struct spec_line l = { .spec = s, .at = { src->base, src->len } };

	if (read_words(&l, src, src->text, src->text + src->len))
		spec_packet_line(&l, 0);
}
