/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * spec: the words of a line as iptables' do_parse() (getopt_long) would take them.
 *
 * Two steps: collecting options in the order of the words, loading matches and targets meanwhile
 * (an unknown option makes -p's match be loaded), then the values, when the protocol is known.
 */
#ifndef IPTC2NFT_SPEC_H
#define IPTC2NFT_SPEC_H

#include "ext.h"

/* One line's command and what it applies to. */
struct command {
	char letter;             /* A I D R N X F P Z E; 0: none */
	struct span at;
	const struct word *chain; /* NULL: not given (-F, -X, -Z without chain) */
	uint32_t number;          /* rule number; 0: not given */
	const struct word *extra; /* -P's policy, -E's new name */
	struct word target;       /* what is behind -j or -g; .s is NULL without */
	bool other_family;        /* -4 in an IPv6 ruleset or -6 in an IPv4 one: skip the line */
	bool has_rule;            /* some option that describes a rule was given */
};

struct hostlist {
	struct hostmask *items;
	uint32_t n;
	struct hostmask one; /* where a single item is: not to be copied */
};

/* spec_parse - false when an error was reported. src and dst of *spec are left to the caller, who
 * makes a rule for each pair. */
bool spec_parse(struct ruleset *rs, struct table *t, const struct rule *line, struct command *cmd,
		struct rule_spec *spec, struct hostlist *src, struct hostlist *dst);

/* spec_hosts - the list of addresses in a word; false: reported (spec_host.c) */
bool spec_hosts(struct ruleset *rs, const struct word *w, bool invert, struct hostlist *out);

/* What follows the first @from bytes of a word. */
static inline struct word word_tail(const struct word *w, uint32_t from)
{
	struct word t = { w->s + from, w->len - from, w->quoted,
			  { w->at.pos + from, w->at.len > from ? w->at.len - from : 1 } };

	return t;
}

/* spec_values - the typed values of a use's options (spec_value.c) */
struct raw_option {
	const struct ext_option *opt;
	uint16_t use;      /* index of the match, or RAW_TARGET */
	bool invert;
	struct span at;
	struct word value, value2;
	bool has_value;
	bool before_proto; /* -p had not been seen when the option was */
};
#define RAW_TARGET 0xffff
bool spec_value(struct ruleset *rs, const struct rule *line, const struct rule_spec *spec,
		const struct ext *ext, const struct raw_option *raw, struct arg *out);

/* spec_equal - do two rules say the same (-D by specification)? */
bool spec_equal(struct ruleset *rs, const struct rule_spec *a, const struct rule_spec *b);

/* ext_lookup - ext_find() by hash, for what is asked in every rule */
const struct ext *ext_lookup(struct ruleset *rs, const char *name, size_t len, enum ext_kind kind,
			     unsigned family);

/* ext_lookup_families - the families that have an extension of this name */
unsigned ext_lookup_families(struct ruleset *rs, const char *name, size_t len, enum ext_kind kind);

#endif
