/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * host_set: `set` lines of packet.spec as what `ipset save` would print of them, so that they are read
 * by what reads that.
 */
#include "sim/host_set.h"

#include <ctype.h>
#include "value.h"

/* The kind of set that an element of this form is in; NULL: none that is known here. */
static const char *kind_of(const char *e)
{
	const char *comma = strchr(e, ',');
	bool digits = *e != '\0', ether = strlen(e) == 17;

	for (const char *p = e; *p; p++) {
		digits &= isdigit((unsigned char)*p) || *p == '-';
		ether &= (p - e) % 3 == 2 ? *p == ':' : isxdigit((unsigned char)*p) != 0;
	}
	if (digits)
		return "bitmap:port range 0-65535";
	if (ether)
		return "hash:mac";
	if (!comma)
		return "hash:net";
	if (strchr(comma + 1, ','))
		return NULL;
	if (isalpha((unsigned char)comma[1]) && strchr(comma, ':'))
		return memchr(e, '/', (size_t)(comma - e)) ? "hash:net,port" : "hash:ip,port";
	return strchr(comma, '.') || strchr(comma, ':') ? "hash:net,net" : NULL;
}

/* `ipset save` has no ranges: 1000-1010 is eleven elements. */
static bool add_ports(const struct host_set *s, const char *range, struct buffer *b)
{
	const char *dash = strchr(range, '-');
	uint64_t lo, hi;

	if (!dash || !value_u64(range, (size_t)(dash - range), 0, 65535, &lo) ||
	    !value_u64(dash + 1, strlen(dash + 1), lo, 65535, &hi))
		return false;
	for (; lo <= hi; lo++)
		buffer_printf(b, "add %s %llu\n", s->name, (unsigned long long)lo);
	return true;
}

static bool one_set(struct diags *d, const struct host_set *s, struct buffer *b)
{
	const struct host_set_item *first = s->items;
	const char *kind = first ? kind_of(first->text) : "hash:net", *colon;
	bool v6;

	if (!kind) {
		diag_error(d, first->at, "'%s' does not say what kind of set this is: use --ipset",
			   first->text);
		return false;
	}
	colon = first ? strchr(first->text, ':') : NULL;
	v6 = colon && strchr(colon + 1, ':') && strcmp(kind, "hash:mac") != 0;
	buffer_printf(b, "create %s %s", s->name, kind);
	if (!strncmp(kind, "hash:", 5) && strcmp(kind, "hash:mac") != 0)
		buffer_printf(b, " family %s hashsize 1024 maxelem 65536", v6 ? "inet6" : "inet");
	buffer_char(b, '\n');
	for (const struct host_set_item *i = first; i; i = i->next)
		if (*kind != 'b' || !add_ports(s, i->text, b))
			buffer_printf(b, "add %s %s\n", s->name, i->text);
	return true;
}

bool host_sets_text(const struct host *h, struct diags *d, struct buffer *b)
{
	bool ok = true;

	for (const struct host_set *s = h->sets; s; s = s->next)
		ok &= one_set(d, s, b);
	return ok;
}
