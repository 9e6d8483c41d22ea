/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "spec_hint.h"

#include <string.h>
#include "spec_parse.h"

#define OWNERS_SHOWN 4

const char *hint_near(struct arena *a, const char *word, size_t len, const char *prefix,
		      const char *const *names, size_t n)
{
	const char *near = diag_nearest(word, len, names, n);

	return near ? arena_printf(a, " (did you mean %s%s?)", prefix, near) : "";
}

static bool has_option(const struct ext *e, const char *option, size_t len)
{
	for (const struct ext_option *o = e->options; o && o->name; o++)
		if (strlen(o->name) == len && !memcmp(o->name, option, len))
			return true;
	return false;
}

/* Matches come before targets in a rule, and here; more than a few of them are no help. */
const char *hint_owners(struct arena *a, unsigned family, const char *option, size_t len)
{
	const struct ext *owners[OWNERS_SHOWN];
	enum ext_kind kind = EXT_MATCH;
	unsigned n = 0;

	for (unsigned pass = 0; pass < 2 && !n; pass++) {
		kind = pass ? EXT_TARGET : EXT_MATCH;
		for (size_t i = 0; i < ext_list_count && n < OWNERS_SHOWN; i++)
			if (ext_list[i]->kind == kind && ext_list[i]->families & family &&
			    has_option(ext_list[i], option, len))
				owners[n++] = ext_list[i];
	}
	if (!n)
		return "";

	const char *list = "";

	for (unsigned i = 0; i < n; i++)
		list = arena_printf(a, "%s%s%s", list, !i ? "" : i + 1 < n ? ", " : " or ",
				    owners[i]->name);
	return arena_printf(a, ": %s %s must come before it",
			    kind == EXT_TARGET ? "-j" : owners[0]->protos[0] ? "-p or -m" : "-m", list);
}

const char *hint_foreign(const char *name, size_t len, enum ext_kind kind)
{
#define ADDONS ": it is of xtables-addons, which this program does not know"
	static const struct {
		const char *name;
		enum ext_kind kind;
		const char *why;
	} foreign[] = {
		{ "udplite", EXT_MATCH, ": iptables has none; -m multiport reads the ports of -p udplite" },
		{ "condition", EXT_MATCH, ADDONS }, { "fuzzy", EXT_MATCH, ADDONS },
		{ "geoip", EXT_MATCH, ADDONS },     { "gradm", EXT_MATCH, ADDONS },
		{ "iface", EXT_MATCH, ADDONS },     { "ipp2p", EXT_MATCH, ADDONS },
		{ "ipv4options", EXT_MATCH, ADDONS }, { "lscan", EXT_MATCH, ADDONS },
		{ "pknock", EXT_MATCH, ADDONS },    { "psd", EXT_MATCH, ADDONS },
		{ "quota2", EXT_MATCH, ADDONS },    { "ACCOUNT", EXT_TARGET, ADDONS },
		{ "CHAOS", EXT_TARGET, ADDONS },    { "DELUDE", EXT_TARGET, ADDONS },
		{ "DHCPMAC", EXT_TARGET, ADDONS },  { "DNETMAP", EXT_TARGET, ADDONS },
		{ "ECHO", EXT_TARGET, ADDONS },     { "IPMARK", EXT_TARGET, ADDONS },
		{ "LOGMARK", EXT_TARGET, ADDONS },  { "SYSRQ", EXT_TARGET, ADDONS },
		{ "TARPIT", EXT_TARGET, ADDONS },
	};
#undef ADDONS

	for (size_t i = 0; i < sizeof(foreign) / sizeof(*foreign); i++)
		if (foreign[i].kind == kind && strlen(foreign[i].name) == len &&
		    !memcmp(foreign[i].name, name, len))
			return foreign[i].why;
	return "";
}

const char *hint_value(char letter)
{
	switch (letter) {
	case 's':
	case 'd': return "an address";
	case 'i':
	case 'o': return "an interface";
	case 'p': return "a protocol";
	case 'm': return "the name of a match";
	case 'j': return "a target";
	case 'c': return "a packet and a byte counter";
	case 'A':
	case 'D':
	case 'I':
	case 'R':
	case 'N':
	case 'P':
	case 'E':
	case 'g': return "a chain";
	default: return "a value";
	}
}

static bool is_program(const struct word *w)
{
	static const char *const names[] = { "iptables",	 "ip6tables",	 "iptables-legacy",
					     "ip6tables-legacy", "iptables-nft", "ip6tables-nft",
					     "$IPTABLES",	 "$IP6TABLES",	 "$IPT" };
	const char *slash = memrchr(w->s, '/', w->len);
	struct word name = slash ? word_tail(w, (uint32_t)(slash + 1 - w->s)) : *w;

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		if (word_is(&name, names[i]))
			return true;
	return false;
}

const char *hint_language(const struct word *words, uint32_t n)
{
	for (uint32_t i = 0; i + 1 < n && i < 2; i++) /* sudo may come first */
		if (is_program(&words[i]))
			return "this is a command for a shell: run the script, and translate what "
			       "iptables-save then prints";
	if (n > 2 && word_is(&words[0], "table") && word_is(&words[n - 1], "{"))
		return "this is nftables' own language: there is nothing to translate";
	return NULL;
}
