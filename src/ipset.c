/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ipset: `ipset save` line by line: "create NAME TYPE options" and "add NAME element options".
 *
 * Only what `ipset save` prints is understood: options in any order, elements as single addresses
 * or prefixes. Other lines of an `ipset restore` file (flush, COMMIT, …) are errors, but comments
 * and empty lines are not.
 */
#include "ipset.h"

#include <string.h>
#include "value.h"

static const struct ipset_type types[] = {
	{ "bitmap:ip", 1, { IPSET_IP }, true, false },
	{ "bitmap:ip,mac", 2, { IPSET_IP, IPSET_MAC }, true, false },
	{ "bitmap:port", 1, { IPSET_PORT }, true, false },
	{ "hash:ip", 1, { IPSET_IP }, false, true },
	{ "hash:ip,mac", 2, { IPSET_IP, IPSET_MAC }, false, false },
	{ "hash:ip,mark", 2, { IPSET_IP, IPSET_MARK }, false, false },
	{ "hash:ip,port", 2, { IPSET_IP, IPSET_PORT }, false, true },
	{ "hash:ip,port,ip", 3, { IPSET_IP, IPSET_PORT, IPSET_IP }, false, false },
	{ "hash:ip,port,net", 3, { IPSET_IP, IPSET_PORT, IPSET_NET }, false, false },
	{ "hash:mac", 1, { IPSET_MAC }, false, false },
	{ "hash:net", 1, { IPSET_NET }, false, false },
	{ "hash:net,iface", 2, { IPSET_NET, IPSET_IFACE }, false, false },
	{ "hash:net,net", 2, { IPSET_NET, IPSET_NET }, false, false },
	{ "hash:net,port", 2, { IPSET_NET, IPSET_PORT }, false, false },
	{ "hash:net,port,net", 3, { IPSET_NET, IPSET_PORT, IPSET_NET }, false, false },
	{ "list:set", 1, { IPSET_SET }, false, false },
};

/* One line, word by word. */
struct line {
	const char *at, *end;
	const struct source *src;
	const char *word; /* the current one */
	size_t len;
};

const struct ipset_type *ipset_type_find(const char *name, size_t len)
{
	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		if (strlen(types[i].name) == len && !memcmp(types[i].name, name, len))
			return &types[i];
	return NULL;
}

struct ipset *ipset_find(const struct ipsets *all, const char *name, size_t len)
{
	return dict_find(&all->by_name, name, len);
}

struct ipset *ipset_new(struct ipsets *all, const char *name, const struct ipset_type *type,
			struct span at)
{
	struct ipset *s = ARENA_NEW(all->arena, struct ipset);

	s->name = name;
	s->type = type;
	s->at = at;
	s->family = type->part[0] == IPSET_SET || type->part[0] == IPSET_MAC ||
				    (type->bitmap && type->part[0] == IPSET_PORT)
			    ? FAMILY_BOTH
			    : FAMILY_IPV4;
	s->maxelem = 65536; /* IPSET_DEFAULT_MAXELEM */
	s->markmask = UINT32_MAX;
	dict_add(all->arena, &all->by_name, name, strlen(name), s);
	*all->last = s;
	all->last = &s->next;
	return s;
}

unsigned ipset_key(const struct ipset *s, unsigned family, enum field_id *out)
{
	unsigned n = 0;

	for (unsigned i = 0; i < s->type->dimension; i++) {
		switch ((enum ipset_part)s->type->part[i]) {
		case IPSET_IP:
		case IPSET_NET:
			out[n++] = family == FAMILY_IPV6 ? FIELD_IP6_SADDR : FIELD_IP_SADDR;
			break;
		case IPSET_PORT:
			if (!s->type->bitmap)
				out[n++] = FIELD_META_L4PROTO;
			out[n++] = FIELD_TH_DPORT;
			break;
		case IPSET_MAC: out[n++] = FIELD_ETHER_SADDR; break;
		case IPSET_IFACE: out[n++] = FIELD_META_IIFNAME; break;
		case IPSET_MARK: out[n++] = FIELD_META_MARK; break;
		case IPSET_SET: break;
		}
	}
	return n;
}

static struct span span_of(const struct line *l)
{
	return (struct span){ l->src->base + (uint32_t)(l->word - l->src->text), (uint32_t)l->len };
}

/* The next word; a quoted one without its quotes. At the end: what is there is empty. */
static bool next_word(struct line *l)
{
	while (l->at < l->end && (*l->at == ' ' || *l->at == '\t' || *l->at == '\r'))
		l->at++;
	l->word = l->at;
	l->len = 0;
	if (l->at == l->end)
		return false;
	if (*l->at == '"') {
		const char *close = memchr(l->at + 1, '"', (size_t)(l->end - l->at - 1));

		l->word++;
		l->at = close ? close + 1 : l->end;
		l->len = (size_t)((close ? close : l->end) - l->word);
		return true;
	}
	while (l->at < l->end && *l->at != ' ' && *l->at != '\t' && *l->at != '\r')
		l->at++;
	l->len = (size_t)(l->at - l->word);
	return true;
}

static bool is_word(const struct line *l, const char *s)
{
	return strlen(s) == l->len && !memcmp(l->word, s, l->len);
}

static bool wrong(struct ipsets *all, const struct line *l, const char *what)
{
	diag_error(all->diags, span_of(l), "'%.*s' is not %s", (int)l->len, l->word, what);
	return false;
}

static bool number(struct ipsets *all, struct line *l, uint64_t max, uint64_t *out)
{
	return (next_word(l) && value_u64(l->word, l->len, 0, max, out)) ||
	       wrong(all, l, "a number of the right size");
}

static bool address(const char *s, size_t len, unsigned family, struct addr *out)
{
	return family == FAMILY_IPV6 ? value_ipv6(s, len, &out->v6) : value_ipv4(s, len, &out->v4);
}

static bool set_range(struct ipsets *all, struct line *l, struct ipset *s)
{
	const char *dash = next_word(l) ? memchr(l->word, '-', l->len) : NULL;
	size_t n = dash ? (size_t)(dash - l->word) : 0;
	uint64_t lo, hi;

	if (!dash)
		return wrong(all, l, "a range");
	if (s->type->part[0] != IPSET_PORT)
		return (address(l->word, n, FAMILY_IPV4, &s->range_lo) &&
			address(dash + 1, l->len - n - 1, FAMILY_IPV4, &s->range_hi)) ||
		       wrong(all, l, "a range of addresses");
	if (!value_u64(l->word, n, 0, 65535, &lo) ||
	    !value_u64(dash + 1, l->len - n - 1, 0, 65535, &hi))
		return wrong(all, l, "a range of ports");
	s->range_lo.b[0] = (uint8_t)(lo >> 8);
	s->range_lo.b[1] = (uint8_t)lo;
	s->range_hi.b[0] = (uint8_t)(hi >> 8);
	s->range_hi.b[1] = (uint8_t)hi;
	return true;
}

static bool set_mask(struct ipsets *all, struct line *l, struct ipset *s, bool bits)
{
	uint64_t n, width = s->family == FAMILY_IPV6 ? 128 : 32;

	s->has_mask = true;
	if (bits)
		return (next_word(l) && address(l->word, l->len, s->family, &s->mask)) ||
		       wrong(all, l, "a mask");
	if (!number(all, l, width, &n))
		return false;
	for (unsigned i = 0; i < n; i++)
		s->mask.b[i / 8] |= (uint8_t)(0x80 >> i % 8);
	return true;
}

static bool set_family(struct ipsets *all, struct line *l, struct ipset *s)
{
	if (!next_word(l) || (!is_word(l, "inet") && !is_word(l, "inet6")))
		return wrong(all, l, "inet or inet6");
	s->family = is_word(l, "inet") ? FAMILY_IPV4 : FAMILY_IPV6;
	return true;
}

static bool create_option(struct ipsets *all, struct line *l, struct ipset *s)
{
	static const char *const ignored[] = { "hashsize", "bucketsize", "initval", "size",
					       "probes",   "resize",	 "gc" };
	uint64_t v;

	for (size_t i = 0; i < sizeof(ignored) / sizeof(ignored[0]); i++)
		if (is_word(l, ignored[i]))
			return next_word(l) || wrong(all, l, "a value");
	if (is_word(l, "family"))
		return set_family(all, l, s);
	if (is_word(l, "range"))
		return set_range(all, l, s);
	if (is_word(l, "netmask"))
		return set_mask(all, l, s, false);
	if (is_word(l, "bitmask"))
		return set_mask(all, l, s, true);
	if (is_word(l, "comment"))
		return true;
	if (is_word(l, "counters"))
		return s->counters = true;
	if (is_word(l, "skbinfo"))
		return s->skbinfo = true;
	if (is_word(l, "forceadd"))
		return s->forceadd = true;
	if (is_word(l, "timeout")) {
		s->timeouts = true;
		if (!number(all, l, UINT32_MAX, &v))
			return false;
		s->default_timeout = v * 1000;
		return true;
	}
	if (is_word(l, "maxelem")) {
		if (!number(all, l, UINT32_MAX, &v))
			return false;
		s->maxelem = (uint32_t)v;
		return true;
	}
	if (is_word(l, "markmask")) {
		if (!number(all, l, UINT32_MAX, &v))
			return false;
		s->markmask = (uint32_t)v;
		return true;
	}
	return wrong(all, l, "an option of sets");
}

static void create(struct ipsets *all, struct line *l)
{
	struct span at = span_of(l);
	const char *name = l->word;
	size_t len = l->len;
	const struct ipset_type *type;
	struct ipset *s;

	if (!len || len > IPSET_NAME_MAX) {
		wrong(all, l, "a set's name");
		return;
	}
	if (!next_word(l) || !(type = ipset_type_find(l->word, l->len))) {
		wrong(all, l, "a type of set");
		return;
	}
	s = ipset_find(all, name, len);
	if (s) {
		if (s->type != type)
			diag_error(all->diags, at, "the set '%s' was a %s", s->name, s->type->name);
	} else {
		s = ipset_new(all, arena_strndup(all->arena, name, len), type, at);
	}
	while (next_word(l))
		if (!create_option(all, l, s))
			return;
	if (s->has_mask && type->part[0] == IPSET_NET) {
		s->reason = "a bitmask on networks has no form in nftables";
		s->reason_at = s->at;
	}
}

static void odd(struct ipset *s, struct span at, const char *why)
{
	if (!s->reason) {
		s->reason = why;
		s->reason_at = at;
	}
}

static bool add_option(struct ipsets *all, struct line *l, struct ipset *s, struct ipset_element *e)
{
	uint64_t v;

	if (is_word(l, "nomatch"))
		return e->nomatch = true;
	if (is_word(l, "wildcard")) {
		odd(s, span_of(l), "it has interfaces with a wildcard");
		return true;
	}
	if (is_word(l, "skbmark") || is_word(l, "skbprio") || is_word(l, "skbqueue"))
		return next_word(l) || wrong(all, l, "a value"); /* for --map-set only */
	if (is_word(l, "comment")) {
		if (!next_word(l))
			return wrong(all, l, "a comment");
		e->e.comment = arena_strndup(all->arena, l->word, l->len);
		return true;
	}
	if (is_word(l, "timeout")) {
		if (!number(all, l, UINT32_MAX, &v))
			return false;
		e->e.timeout = v * 1000;
		return true;
	}
	if (is_word(l, "packets") || is_word(l, "bytes")) {
		bool packets = is_word(l, "packets");

		e->e.has_counters = s->counters;
		return number(all, l, UINT64_MAX,
			      packets ? &e->e.counters.packets : &e->e.counters.bytes);
	}
	return wrong(all, l, "an option of elements");
}

static void add(struct ipsets *all, struct line *l, struct ipset **latest)
{
	struct ipset *s = *latest;
	struct ipset_element *e, spare = { .nomatch = false };

	if (!s || strlen(s->name) != l->len || memcmp(s->name, l->word, l->len) != 0)
		*latest = s = ipset_find(all, l->word, l->len);
	if (!s) {
		diag_error(all->diags, span_of(l), "the set '%.*s' was not created", (int)l->len,
			   l->word);
		return;
	}
	if (!next_word(l)) {
		wrong(all, l, "an element");
		return;
	}
	if (s->type->part[0] == IPSET_SET) {
		struct ipset *m = ipset_find(all, l->word, l->len);

		if (!m) {
			diag_error(all->diags, span_of(l), "the set '%.*s' was not created",
				   (int)l->len, l->word);
			return;
		}
		s->members = arena_grow(all->arena, s->members, s->nmembers, &s->members_cap,
					sizeof(struct ipset *));
		s->members[s->nmembers++] = m;
		e = &spare;
	} else {
		e = ipset_element_parse(all, s, l->word, l->len, span_of(l));
	}
	while (e && next_word(l))
		if (!add_option(all, l, s, e))
			return;
	if (e == &spare && (e->e.timeout || s->timeouts))
		odd(s, s->at, "its members have timeouts");
}

static void load(struct ipsets *all, const char *name, const char *text, bool typelist)
{
	size_t len = strlen(text);
	char *copy = arena_alloc(all->arena, len + 2);
	struct ipset *latest = NULL;
	struct source *src;

	memcpy(copy, text, len);
	all->given = true;
	src = diags_source(all->diags, name, copy, len);
	if (!src) {
		diag_add(all->diags, IPTC2NFT_SEV_SYSTEM, (struct span){ 0 },
			 "the input is too large");
		return;
	}
	for (const char *p = copy, *end = copy + len; p < end;) {
		const char *nl = memchr(p, '\n', (size_t)(end - p));
		struct line l = { .at = p, .end = nl ? nl : end, .src = src };

		p = nl ? nl + 1 : end;
		if (!next_word(&l) || *l.word == '#')
			continue;
		if (typelist) {
			create(all, &l);
		} else if (is_word(&l, "create") || is_word(&l, "-N")) {
			next_word(&l);
			create(all, &l);
		} else if (is_word(&l, "add") || is_word(&l, "-A")) {
			next_word(&l);
			add(all, &l, &latest);
		} else {
			wrong(all, &l, "create or add");
		}
	}
}

struct ipsets *ipsets_load(struct arena *a, struct diags *d, const char *save, const char *typelist)
{
	struct ipsets *all = ARENA_NEW(a, struct ipsets);

	all->arena = a;
	all->diags = d;
	all->last = &all->first;
	if (save)
		load(all, "ipset", save, false);
	if (typelist)
		load(all, "ipset-types", typelist, true);
	return all;
}
