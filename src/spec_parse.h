/* SPDX-License-Identifier: GPL-2.0-or-later */
/* spec_parse: what the files that read a line's words share. See spec.c. */
#ifndef IPTC2NFT_SPEC_PARSE_H
#define IPTC2NFT_SPEC_PARSE_H

#include <string.h>
#include "spec.h"

#define RAW_MAX     RULE_WORDS_MAX
#define MATCHES_MAX RULE_WORDS_MAX

/* What an option takes: no value; one in the same word or none; one always; one that `!` may precede. */
enum takes { TAKES_UNKNOWN, TAKES_NOTHING, TAKES_ATTACHED, TAKES_VALUE, TAKES_NEGATION };

struct parse {
	struct ruleset *rs;
	struct table *table;
	const struct rule *line;
	struct command *cmd;
	struct rule_spec *spec;
	struct hostlist *src, *dst;
	uint32_t at; /* next word */
	uint16_t before_target; /* matches loaded when the target was */
	bool invert;
	struct span invert_at;
	unsigned given; /* bits: base options that may come once */
	bool tried_proto;
	struct word proto_word;
	struct word src_word, dst_word;
	bool src_invert, dst_invert;
	struct ext_use matches[MATCHES_MAX];
	struct raw_option raw[RAW_MAX];
	uint32_t nraw;
	bool failed;
};

enum { GIVEN_SRC = 1, GIVEN_DST = 2, GIVEN_PROTO = 4, GIVEN_JUMP = 8, GIVEN_IN = 16, GIVEN_OUT = 32,
       GIVEN_FRAG = 64, GIVEN_COUNTERS = 128, GIVEN_TABLE = 256 };

#define FAIL(p, span, ...) (diag_error((p)->rs->diags, (span), __VA_ARGS__), (p)->failed = true, false)

#define W(w) (int)(w)->len, (w)->s

static inline const struct word *next_word(struct parse *p)
{
	return p->at < p->line->nwords ? &p->line->words[p->at++] : NULL;
}

/* A word that xs_has_arg() would take as an argument. */
static inline const struct word *next_plain(struct parse *p)
{
	const struct word *w = p->at < p->line->nwords ? &p->line->words[p->at] : NULL;

	if (!w || (w->len && (w->s[0] == '-' || w->s[0] == '!')))
		return NULL;
	p->at++;
	return w;
}

static inline bool word_is(const struct word *w, const char *s)
{
	return w->len == strlen(s) && !memcmp(w->s, s, w->len);
}

/* spec.c */
bool spec_load_match(struct parse *p, const struct word *name, const struct ext *ext);
const struct word *spec_old_negation(struct parse *p, const struct word *v);

/* spec_base.c: an option of iptables itself. @v: the value, NULL where the option has none. */
enum takes spec_takes(char letter);
bool spec_base(struct parse *p, char letter, const struct word *v, struct span at);

/* spec_long.c: an option with two dashes, of iptables, of a match or a target. */
bool spec_long(struct parse *p, const struct word *w);

/* spec_use.c: the options of a match or target are complete: its values, and whether it may stand here. */
bool spec_use(struct parse *p, struct ext_use *u, uint16_t index);

#endif
