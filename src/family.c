/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * family: is this an iptables or an ip6tables ruleset?
 *
 * Evidence, strongest first: the header comment of iptables-save; addresses and extensions that
 * only one family has; the file's name (rules.v6, ip6tables.rules); ICMP's protocol, which the
 * other family's tool accepts too. Within the first two kinds, evidence for both is an error that
 * names both places; so are names of files that contradict each other. Without any it is IPv4.
 *
 * The first sure evidence settles it: evidence against it, further down, is an error to whoever
 * reads the rule for this family. Only then are all rules looked at, to say what the matter is.
 */
#include "ruleset.h"

#include <string.h>
#include "spec.h"
#include "value.h"

struct evidence {
	struct span v4, v6; /* the first place each */
	const char *why4, *why6;
};

/* What the rules say. */
struct rules_say {
	struct evidence surely, protocols;
	struct ruleset *rs; /* for its index of extensions */
	bool all;           /* look on after the first sure evidence */
	bool sure_of_4;     /* an IPv4 address says nothing new */
};

static void witness(struct evidence *e, unsigned family, struct span at, const char *why)
{
	if (family == FAMILY_IPV4 && !e->v4.pos) {
		e->v4 = at;
		e->why4 = why;
	} else if (family == FAMILY_IPV6 && !e->v6.pos) {
		e->v6 = at;
		e->why6 = why;
	}
}

/* The first entry of an address list, with or without mask. */
static void address(struct rules_say *e, const char *s, uint32_t len, struct span at)
{
	uint32_t n = 0;
	struct in6_addr a6;
	struct in_addr a4;

	while (n < len && s[n] != '/' && s[n] != ',' && s[n] != '-')
		n++;
	if (memchr(s, ':', n) && value_ipv6(s, n, &a6))
		witness(&e->surely, FAMILY_IPV6, at, "an IPv6 address");
	else if (!e->sure_of_4 && memchr(s, '.', n) && value_ipv4(s, n, &a4))
		witness(&e->surely, FAMILY_IPV4, at, "an IPv4 address");
}

static bool one_of(const char *s, uint32_t len, const char *const *names)
{
	for (; *names; names++)
		if (strlen(*names) == len && !strncasecmp(*names, s, len))
			return true;
	return false;
}

static void extension(struct rules_say *e, const char *s, uint32_t len, struct span at, enum ext_kind kind)
{
	unsigned in = ext_lookup_families(e->rs, s, len, kind);

	if (in == FAMILY_IPV4 || in == FAMILY_IPV6)
		witness(&e->surely, in, at,
			in == FAMILY_IPV4 ? "an extension of IPv4" : "an extension of IPv6");
}

static void protocol(struct evidence *e, const char *s, uint32_t len, struct span at)
{
	static const char *const icmp4[] = { "icmp", NULL };
	static const char *const icmp6[] = { "icmpv6", "ipv6-icmp", "58", NULL };

	if (one_of(s, len, icmp4))
		witness(e, FAMILY_IPV4, at, "a protocol of IPv4");
	else if (one_of(s, len, icmp6))
		witness(e, FAMILY_IPV6, at, "a protocol of IPv6");
}

static void long_pair(struct rules_say *e, const char *opt, uint32_t optlen, const char *s, uint32_t len,
		      struct span at)
{
	static const char *const addresses[] = { "--source", "--destination", "--src", "--dst",
						 "--to-destination", "--to-source", "--src-range",
						 "--dst-range", "--gateway", NULL };

	if (optlen == 10 && !memcmp(opt, "--protocol", 10))
		protocol(&e->protocols, s, len, at);
	else if (strchr("sdtg", opt[2]) && one_of(opt, optlen, addresses))
		address(e, s, len, at);
}

static void pair(struct rules_say *e, const char *opt, uint32_t optlen, const char *s, uint32_t len,
		 struct span at)
{
	if (optlen > 2 && opt[1] == '-')
		long_pair(e, opt, optlen, s, len, at);
	if (optlen != 2)
		return;
	switch (opt[1]) {
	case 's':
	case 'd': address(e, s, len, at); break;
	case 'p': protocol(&e->protocols, s, len, at); break;
	case 'm': extension(e, s, len, at, EXT_MATCH); break;
	case 'j': extension(e, s, len, at, EXT_TARGET); break;
	default: break;
	}
}

static bool is_family_word(const char *s, uint32_t len)
{
	static const char *const words[] = { "--ipv4", "--ipv6", NULL };

	return len == 2 ? s[1] == '4' || s[1] == '6' : len == 6 && one_of(s, len, words);
}

static void add(struct evidence *e, const struct evidence *more)
{
	if (more->v4.pos)
		witness(e, FAMILY_IPV4, more->v4, more->why4);
	if (more->v6.pos)
		witness(e, FAMILY_IPV6, more->v6, more->why6);
}

/* Behind the word or the rest of one; some byte that ends words ends the line, too. */
static const char *word_end(const char *s, const char *end)
{
	for (;; s++) {
		while ((unsigned char)*s > ' ')
			s++;
		if (s >= end || *s == ' ' || *s == '\t')
			return s;
	}
}

static void rule_line(struct rules_say *e, const struct source *src, const char *s, const char *end)
{
	const char *opt = NULL, *word;
	uint32_t optlen = 0, len;
	struct rules_say here = { .rs = e->rs, .sure_of_4 = e->surely.v4.pos };

	for (;;) {
		while (*s == ' ' || *s == '\t' || *s == '!')
			s++;
		word = s;
		if (*s == '"')
			for (s++; s < end && *s != '"'; s++)
				;
		s = word_end(s, end);
		len = (uint32_t)(s - word);
		if (!len)
			break;
		if (*word == '-' && is_family_word(word, len))
			return; /* `-4 …` and `-6 …` lines are for both families' files */
		if (opt)
			pair(&here, opt, optlen, word, len,
			     (struct span){ src->base + (uint32_t)(word - src->text), len });
		opt = *word == '-' ? word : NULL;
		optlen = len;
	}
	add(&e->surely, &here.surely);
	add(&e->protocols, &here.protocols);
}

static bool contains(const char *s, size_t len, const char *what)
{
	return memmem(s, len, what, strlen(what)) != NULL;
}

/* Calls f for each line that begins with one of @first. */
static void each_line(const struct source *src, const char *first, void *arg,
		      bool (*f)(void *arg, const struct source *src, const char *s, const char *end))
{
	const char *end = src->text + src->len;

	for (const char *s = src->text, *nl; s < end; s = nl + 1) {
		nl = memchr(s, '\n', (size_t)(end - s));
		if (!nl)
			nl = end;
		if (nl > s && *s && strchr(first, *s) && !f(arg, src, s, nl))
			return;
	}
}

static bool header_line(void *arg, const struct source *src, const char *s, const char *end)
{
	struct evidence *e = arg;
	size_t len = (size_t)(end - s);
	struct span at = { src->base + (uint32_t)(s - src->text), (uint32_t)len };

	if (contains(s, len, "Generated by ip6tables"))
		witness(e, FAMILY_IPV6, at, "the header");
	else if (contains(s, len, "Generated by iptables"))
		witness(e, FAMILY_IPV4, at, "the header");
	return true;
}

static bool says(void *arg, const struct source *src, const char *s, const char *end)
{
	struct rules_say *e = arg;

	rule_line(e, src, s, end);
	return e->all ? !e->surely.v4.pos || !e->surely.v6.pos : !e->surely.v4.pos && !e->surely.v6.pos;
}

static void all_say(struct rules_say *e)
{
	for (const struct source *s = e->rs->diags->sources; s; s = s->next)
		each_line(s, "-[", e, says);
}

static unsigned by_name(const struct source *src)
{
	const char *base = strrchr(src->name, '/');
	size_t len;

	base = base ? base + 1 : src->name;
	len = strlen(base);
	if ((len > 3 && !strcmp(base + len - 3, ".v6")) || contains(base, len, "ip6tables"))
		return FAMILY_IPV6;
	return len > 3 && !strcmp(base + len - 3, ".v4") ? FAMILY_IPV4 : 0;
}

static void conflict(struct ruleset *rs, const struct evidence *e)
{
	struct place p;
	bool first = e->v4.pos < e->v6.pos;

	diag_place(rs->diags, first ? e->v4 : e->v6, &p);
	diag_error(rs->diags, first ? e->v6 : e->v4,
		   "%s, but line %u of %s has %s: say -4 or -6, or give the two rulesets apart",
		   first ? e->why6 : e->why4, p.line, p.source ? p.source->name : "the input",
		   first ? e->why4 : e->why6);
}

/* The one family that there is evidence of; 0: none, or of both. */
static unsigned only(const struct evidence *e)
{
	if (!e->v4.pos == !e->v6.pos)
		return 0;
	return e->v6.pos ? FAMILY_IPV6 : FAMILY_IPV4;
}

/* rules.v4 and rules.v6 together: both would become rules of the same family, the second instead of
 * the first. */
static void names_agree(struct ruleset *rs)
{
	const struct source *named = NULL;

	for (const struct source *s = rs->diags->sources; s; s = s->next) {
		if (!by_name(s))
			continue;
		if (named && by_name(named) != by_name(s))
			diag_error(rs->diags, (struct span){ s->base, 1 },
				   "the name of this file tells of %s, that of %s of %s: translate "
				   "one family at a "
				   "time, or say -4 or -6",
				   by_name(s) == FAMILY_IPV6 ? "IPv6" : "IPv4", named->name,
				   by_name(named) == FAMILY_IPV6 ? "IPv6" : "IPv4");
		else
			named = s;
	}
}

void ruleset_detect_family(struct ruleset *rs)
{
	struct evidence header = { 0 };
	struct rules_say rules = { .rs = rs };

	names_agree(rs);
	for (const struct source *s = rs->diags->sources; s; s = s->next)
		each_line(s, "#", &header, header_line);
	if (header.v4.pos && header.v6.pos)
		conflict(rs, &header);
	rs->family = only(&header);
	if (rs->family)
		return; /* whatever the rules say: they are not looked at */
	rs->before_rules = *rs->diags;
	rules.all = header.v4.pos; /* its conflict has been reported */
	all_say(&rules);
	rs->family = only(&rules.surely);
	rs->family_by_first = rs->family && !rules.all;
	if (!rs->family && rs->diags->sources)
		rs->family = by_name(rs->diags->sources);
	if (!rs->family)
		rs->family = only(&rules.protocols);
	if (!rs->family)
		rs->family = rs->family_hint ? rs->family_hint : FAMILY_IPV4;
}

void ruleset_recheck_family(struct ruleset *rs)
{
	struct rules_say rules = { .rs = rs, .all = true };

	if (!rs->family_by_first)
		return;
	all_say(&rules);
	if (!rules.surely.v4.pos || !rules.surely.v6.pos)
		return;
	*rs->diags = rs->before_rules;
	*rs->diags->last = NULL;
	conflict(rs, &rules.surely);
}
