/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * spec_host: the addresses of -s and -d: lists, masks of every form, names where --resolve is given.
 * As xtables_ipparse_multiple() and xtables_ip6parse_multiple() of libxtables.
 */
#include "spec.h"

#include <ctype.h>
#include <string.h>
#include "value.h"

#define W(w)          (int)(w)->len, (w)->s
#define FAIL(rs, ...) (diag_error((rs)->diags, __VA_ARGS__), false)

static bool host_error(struct ruleset *rs, const struct word *w)
{
	bool name = false;

	if (!w->len)
		return FAIL(rs, w->at, "an address is missing");

	for (uint32_t i = 0; i < w->len; i++)
		name |= isalpha((unsigned char)w->s[i]) && !memchr(w->s, ':', w->len);
	if (name && !rs->resolve)
		return FAIL(rs, w->at, "'%.*s' is a host name: give an address, or --resolve to look it up",
			    W(w));
	return FAIL(rs, w->at, "'%.*s' is not an %s address", W(w),
		    rs->family == FAMILY_IPV6 ? "IPv6" : "IPv4");
}

static struct addr addr_and(const struct addr *a, const struct addr *m)
{
	struct addr r;

	for (unsigned i = 0; i < 4; i++)
		r.v6.s6_addr32[i] = a->v6.s6_addr32[i] & m->v6.s6_addr32[i];
	return r;
}

static void add_host(struct ruleset *rs, struct hostlist *l, const struct addr *a, const struct addr *m,
		     bool invert, struct span at)
{
	struct hostmask *h;

	if (!l->n) {
		l->items = &l->one;
	} else if (!(l->n & (l->n - 1))) { /* grows at powers of two */
		struct hostmask *more = arena_array(rs->arena, l->n * 2, sizeof(*more));

		memcpy(more, l->items, l->n * sizeof(*more));
		l->items = more;
	}
	h = &l->items[l->n++];
	h->mask = *m;
	h->addr = addr_and(a, m);
	h->given = true;
	h->invert = invert;
	h->at = at;
}

static bool one_host(struct ruleset *rs, const struct word *w, struct hostlist *out, bool invert)
{
	const char *slash = memrchr(w->s, '/', w->len);
	struct word name = *w;
	struct addr a = { .b = { 0 } }, m, resolved[64];
	unsigned n = 0;

	name.len = slash ? (uint32_t)(slash - w->s) : w->len;
	name.at.len = name.len ? name.len : 1;
	memset(&m, 0xff, sizeof(m));
	if (rs->family == FAMILY_IPV4)
		memset(m.b + 4, 0, 12);
	if (slash) {
		struct word t = word_tail(w, name.len + 1);

		if (!value_mask(t.s, t.len, rs->family, &m))
			return FAIL(rs, t.at, "'%.*s' is not a mask: give 0 to %s", W(&t),
				    rs->family == FAMILY_IPV6 ? "128, or one as an address"
								 : "32, or one like 255.255.255.0");
		if (mask_prefix(&m, rs->family) == 0) { /* "any/0": the name is ignored */
			add_host(rs, out, &a, &m, invert, w->at);
			return true;
		}
	}
	if (rs->family == FAMILY_IPV6 ? value_ipv6(name.s, name.len, &a.v6)
					 : value_ipv4(name.s, name.len, &a.v4) ||
						   value_inet_aton(name.s, name.len, &a.v4)) {
		add_host(rs, out, &a, &m, invert, w->at);
		return true;
	}
	if (rs->resolve)
		n = value_resolve(name.s, name.len, rs->family, resolved, 64);
	if (!n)
		return host_error(rs, &name);
	for (unsigned i = 0; i < n; i++)
		add_host(rs, out, &resolved[i], &m, invert, w->at);
	return true;
}

bool spec_hosts(struct ruleset *rs, const struct word *w, bool invert, struct hostlist *out)
{
	uint32_t from = 0;

	while (from <= w->len) {
		const char *comma = memchr(w->s + from, ',', w->len - from);
		uint32_t to = comma ? (uint32_t)(comma - w->s) : w->len;
		struct word one = { w->s + from, to - from, w->quoted,
				    { w->at.pos + (w->at.len == w->len ? from : 0),
				      w->at.len == w->len ? to - from : w->at.len } };

		/* xtables_ipparse_multiple() skips blanks. */
		while (one.len && isspace((unsigned char)*one.s)) {
			one.s++;
			one.len--;
			one.at.pos++;
		}
		if (!one_host(rs, &one, out, invert))
			return false;
		from = to + 1;
		if (!comma)
			break;
	}
	if (out->n > 1 && invert)
		return FAIL(rs, w->at, "'!' is not possible with several addresses");
	return true;
}
