/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * spec: what the words of a rule mean.
 *
 * Follows do_parse() and command_default() of iptables' xshared.c, where getopt_long() runs with "-"
 * first: words are taken strictly in order, an option's owner is the newest match or target that
 * has it, and an unknown option makes the match of -p's protocol be loaded once.
 */
#include "spec.h"

#include <ctype.h>
#include <stddef.h>
#include <string.h>
#include "spec_hint.h"
#include "value.h"

#define RAW_MAX     RULE_WORDS_MAX
#define MATCHES_MAX RULE_WORDS_MAX

/* Options of iptables itself. Letters are those of the short options. */
struct base_option {
	char name[15]; /* in place: most look-ups get no further than the first byte of each */
	char letter;
};

static const struct base_option base_options[] = {
	{ "append", 'A' },      { "delete", 'D' },        { "check", 'C' },
	{ "insert", 'I' },      { "replace", 'R' },       { "list", 'L' },
	{ "list-rules", 'S' },  { "flush", 'F' },         { "zero", 'Z' },
	{ "new-chain", 'N' },   { "delete-chain", 'X' },  { "rename-chain", 'E' },
	{ "policy", 'P' },      { "source", 's' },        { "destination", 'd' },
	{ "src", 's' },         { "dst", 'd' },           { "protocol", 'p' },
	{ "in-interface", 'i' }, { "jump", 'j' },         { "table", 't' },
	{ "match", 'm' },       { "numeric", 'n' },       { "out-interface", 'o' },
	{ "verbose", 'v' },     { "wait", 'w' },          { "wait-interval", 'W' },
	{ "exact", 'x' },       { "fragments", 'f' },     { "version", 'V' },
	{ "help", 'h' },        { "line-numbers", '0' },  { "modprobe", 'M' },
	{ "set-counters", 'c' }, { "goto", 'g' },         { "ipv4", '4' },
	{ "ipv6", '6' },
};
#define N_BASE (sizeof(base_options) / sizeof(base_options[0]))

enum takes { TAKES_UNKNOWN, TAKES_NOTHING, TAKES_ATTACHED, TAKES_VALUE, TAKES_NEGATION };

/* What a letter takes: no value; one in the same word or none; one always; one that `!` may precede. */
static enum takes takes(char letter)
{
	switch (letter) {
	case 'n': case 'v': case 'x': case 'f': case '0': case '4': case '6': case 'V':
		return TAKES_NOTHING;
	case 'F': case 'L': case 'S': case 'X': case 'Z': case 'h': case 'w': case 'W':
		return TAKES_ATTACHED;
	case 's': case 'd': case 'i': case 'o': case 'p':
		return TAKES_NEGATION;
	case 'A': case 'C': case 'D': case 'E': case 'I': case 'M': case 'N': case 'P':
	case 'R': case 'c': case 'g': case 'j': case 'm': case 't':
		return TAKES_VALUE;
	default: return TAKES_UNKNOWN;
	}
}

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
	struct word proto_word, jump_word;
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

static const struct word *next_word(struct parse *p)
{
	return p->at < p->line->nwords ? &p->line->words[p->at++] : NULL;
}

/* A word that xs_has_arg() would take as an argument. */
static const struct word *next_plain(struct parse *p)
{
	const struct word *w = p->at < p->line->nwords ? &p->line->words[p->at] : NULL;

	if (!w || (w->len && (w->s[0] == '-' || w->s[0] == '!')))
		return NULL;
	p->at++;
	return w;
}

static bool word_is(const struct word *w, const char *s)
{
	return w->len == strlen(s) && !memcmp(w->s, s, w->len);
}

static const struct word *keep_word(struct parse *p, const struct word *w)
{
	struct word *k = ARENA_NEW(p->rs->arena, struct word);

	*k = *w;
	return k;
}

/* An option that may come once; with `!` only where it may be inverted. */
static bool once(struct parse *p, unsigned bit, struct span at, bool invertible, const char *name)
{
	if (p->given & bit)
		return FAIL(p, at, "%s is given more than once", name);
	p->given |= bit;
	if (p->invert && !invertible)
		return FAIL(p, p->invert_at, "'!' is not possible before %s", name);
	return true;
}

/* `! value`: the place where iptables before 1.4 wanted it. */
static const struct word *old_negation(struct parse *p, const struct word *v)
{
	const struct word *w = p->at < p->line->nwords ? &p->line->words[p->at] : NULL;

	/* Today's iptables takes the '!' for the value: it is where no other can follow. */
	if (!v || v->quoted || !word_is(v, "!") || !w || (w->len && w->s[0] == '-'))
		return v;
	if (p->invert)
		(void)FAIL(p, v->at, "'!' is given twice");
	p->invert = true;
	p->invert_at = v->at;
	return next_word(p);
}

static bool parse_iface(struct parse *p, const struct word *v, struct iface *out, bool invert)
{
	if (!v->len)
		return FAIL(p, v->at, "an interface name is missing");
	if (v->len > IFNAME_MAX_BYTES)
		return FAIL(p, v->at, "interface name '%.*s' is longer than %d bytes", W(v),
			    IFNAME_MAX_BYTES);
	out->given = true;
	out->invert = invert;
	out->at = v->at;
	out->prefix = v->s[v->len - 1] == '+';
	out->len = (uint8_t)(v->len - out->prefix);
	out->name = arena_strndup(p->rs->arena, v->s, out->len);
	return true;
}

static bool load_match(struct parse *p, const struct word *name, const struct ext *ext)
{
	struct ext_use *u;

	if (p->spec->nmatches == MATCHES_MAX)
		return FAIL(p, name->at, "more than %d matches in one rule", MATCHES_MAX);
	u = &p->matches[p->spec->nmatches++];
	*u = (struct ext_use){ .ext = ext, .at = name->at };
	return true;
}

static bool unknown_ext(struct parse *p, const struct word *name, enum ext_kind kind)
{
	const char *names[512], *hint;
	size_t n = 0;

	for (size_t i = 0; i < ext_list_count && n < 500; i++)
		if (ext_list[i]->kind == kind && ext_list[i]->families & p->rs->family)
			names[n++] = ext_list[i]->name;
	if (kind == EXT_TARGET) {
		static const char *const standard[] = { "ACCEPT", "DROP", "RETURN", "QUEUE" };

		for (unsigned i = 0; i < 4; i++)
			names[n++] = standard[i];
	}
	hint = hint_near(p->rs->arena, name->s, name->len, "", names, n);

	const char *family = p->rs->family == FAMILY_IPV6 ? "IPv6" : "IPv4";

	if (ext_find(name->s, name->len, kind, FAMILY_BOTH))
		return FAIL(p, name->at, "%s '%.*s' does not exist for %s",
			    kind == EXT_MATCH ? "match" : "target", W(name), family);
	if (ext_find(name->s, name->len, kind == EXT_MATCH ? EXT_TARGET : EXT_MATCH, p->rs->family))
		hint = kind == EXT_MATCH ? ": it is a target, for -j" : ": it is a match, for -m";
	if (kind == EXT_MATCH)
		return FAIL(p, name->at, "unknown match '%.*s'%s", W(name), hint);
	return FAIL(p, name->at, "'%.*s' is neither a target nor a chain of table '%s'%s", W(name),
		    table_names[p->table->id], hint);
}

static bool take_match(struct parse *p, const struct word *v)
{
	const struct ext *ext = ext_lookup(p->rs, v->s, v->len, EXT_MATCH, p->rs->family);

	if (p->invert)
		return FAIL(p, p->invert_at, "'!' is not possible before -m");
	if (!ext)
		return unknown_ext(p, v, EXT_MATCH);
	return load_match(p, v, ext);
}

static bool take_jump(struct parse *p, const struct word *v, struct span at, bool is_goto)
{
	static const struct {
		const char *name;
		enum target_kind kind;
	} standard[] = { { "ACCEPT", TARGET_ACCEPT }, { "DROP", TARGET_DROP },
			 { "RETURN", TARGET_RETURN }, { "QUEUE", TARGET_QUEUE } };
	struct rule_spec *s = p->spec;

	if (!once(p, GIVEN_JUMP, at, false, is_goto ? "-g" : "-j"))
		return false;
	if (!v->len)
		return FAIL(p, v->at, "a target is missing");
	s->target_at = v->at;
	p->jump_word = *v;
	s->target_chain = table_chain(p->table, v->s, v->len);
	if (s->target_chain) {
		if (s->target_chain->hook >= 0)
			return FAIL(p, v->at, "built-in chain '%s' can't be jumped to",
				    s->target_chain->name);
		s->target = is_goto ? TARGET_GOTO : TARGET_JUMP;
		return true;
	}
	if (is_goto)
		return FAIL(p, v->at, "chain '%.*s' does not exist in table '%s'", W(v),
			    table_names[p->table->id]);
	for (unsigned i = 0; i < 4; i++)
		if (word_is(v, standard[i].name)) {
			s->target = standard[i].kind;
			return true;
		}
	s->ext_target.ext = ext_lookup(p->rs, v->s, v->len, EXT_TARGET, p->rs->family);
	s->ext_target.at = v->at;
	p->before_target = s->nmatches;
	s->target = TARGET_EXT;
	return s->ext_target.ext || unknown_ext(p, v, EXT_TARGET);
}

static bool take_proto(struct parse *p, const struct word *v, struct span at)
{
	static const char *const protocols[] = { "tcp", "udp", "icmp", "icmpv6", "sctp", "dccp", "gre", "all" };
	struct rule_spec *s = p->spec;

	if (!once(p, GIVEN_PROTO, at, true, "-p"))
		return false;
	if (!value_proto(v->s, v->len, &s->proto))
		return FAIL(p, v->at, "unknown protocol '%.*s'%s", W(v),
			    hint_near(p->rs->arena, v->s, v->len, "", protocols, 8));
	if (!s->proto && p->invert)
		return FAIL(p, v->at, "'! -p all' matches nothing");
	s->proto_given = true;
	s->proto_invert = p->invert;
	s->proto_at = v->at;
	p->proto_word = *v;
	return true;
}

static bool take_counters(struct parse *p, const struct word *v, struct span at)
{
	const char *comma = memchr(v->s, ',', v->len);
	const struct word *second = NULL;
	struct word a = *v, b;
	size_t used;

	if (!once(p, GIVEN_COUNTERS, at, false, "--set-counters"))
		return false;
	if (comma && comma > v->s) {
		a.len = (uint32_t)(comma - v->s);
		b = word_tail(v, a.len + 1);
		second = &b;
	} else {
		second = next_plain(p);
	}
	if (!second)
		return FAIL(p, at, "--set-counters needs a packet and a byte counter");
	if (!value_decimal(a.s, a.len, &p->spec->set_counters.packets, &used) ||
	    !value_decimal(second->s, second->len, &p->spec->set_counters.bytes, &used))
		return FAIL(p, v->at, "counters are not numbers");
	p->spec->has_counters = true;
	return true;
}

static bool rule_number(struct parse *p, const struct word *v)
{
	uint64_t n;

	if (!value_u64(v->s, v->len, 1, UINT32_MAX - 1, &n))
		return FAIL(p, v->at, "'%.*s' is not a rule number", W(v));
	p->cmd->number = (uint32_t)n;
	return true;
}

static bool take_command(struct parse *p, char letter, const struct word *v, struct span at)
{
	struct command *c = p->cmd;
	const struct word *w;

	if (c->letter)
		return FAIL(p, at, "two commands in one line: -%c and -%c", c->letter, letter);
	if (p->invert)
		return FAIL(p, p->invert_at, "'!' is not possible before -%c", letter);
	c->letter = letter;
	c->at = at;
	c->chain = v ? v : strchr("FXZLS", letter) ? next_plain(p) : NULL;
	switch (letter) {
	case 'C':
	case 'L':
	case 'S': return FAIL(p, at, "-%c does not change a ruleset: it has no place in one", letter);
	case 'I':
	case 'D':
	case 'Z':
	case 'R':
		w = next_plain(p);
		if (w)
			return rule_number(p, w);
		if (letter == 'R')
			return FAIL(p, at, "-R needs a rule number");
		if (letter == 'I')
			c->number = 1;
		return true;
	case 'E':
	case 'P':
		c->extra = next_plain(p);
		return c->extra || FAIL(p, at, letter == 'P' ? "-P needs a chain and a policy"
							     : "-E needs the old and the new name");
	default: return true;
	}
}

/* @v: the value, NULL where the option has none. */
static bool take_base(struct parse *p, char letter, const struct word *v, struct span at)
{
	struct rule_spec *s = p->spec;

	switch (letter) {
	case 's':
		p->src_word = *v;
		p->src_invert = p->invert;
		return once(p, GIVEN_SRC, at, true, "-s");
	case 'd':
		p->dst_word = *v;
		p->dst_invert = p->invert;
		return once(p, GIVEN_DST, at, true, "-d");
	case 'i':
		return once(p, GIVEN_IN, at, true, "-i") && parse_iface(p, v, &s->in, p->invert);
	case 'o':
		return once(p, GIVEN_OUT, at, true, "-o") && parse_iface(p, v, &s->out, p->invert);
	case 'p': return take_proto(p, v, at);
	case 'm': return take_match(p, v);
	case 'j': return take_jump(p, v, at, false);
	case 'g': return take_jump(p, v, at, true);
	case 'c': return take_counters(p, v, at);
	case 'f':
		if (p->rs->family == FAMILY_IPV6)
			return FAIL(p, at, "-f does not exist for IPv6: use -m frag");
		s->fragment = p->invert ? -1 : 1;
		s->fragment_at = at;
		return once(p, GIVEN_FRAG, at, true, "-f");
	case 't':
		return FAIL(p, at, "-t has no place in a ruleset: the line *%s says the table",
			    table_names[p->table->id]);
	case '4':
	case '6':
		if (p->rs->family != (letter == '4' ? FAMILY_IPV4 : FAMILY_IPV6))
			p->cmd->other_family = true;
		return true;
	case 'n':
	case 'x':
	case '0': /* generic_opt_check(): for -L only */
		return FAIL(p, at, "-%c is for listing rules: it has no place in a ruleset", letter);
	case 'v':
	case 'M':
		if (p->invert)
			return FAIL(p, p->invert_at, "'!' is not possible before -%c", letter);
		return true;
	case 'w':
	case 'W':
	case 'h':
	case 'V': return FAIL(p, at, "-%c has no place in a ruleset", letter);
	default: return take_command(p, letter, v, at);
	}
}

/* An option of a loaded match or target. */
static bool take_option(struct parse *p, uint16_t use, const struct ext_option *o,
			const struct word *attached, struct span at)
{
	struct raw_option *r;

	if (p->nraw == RAW_MAX)
		return FAIL(p, at, "more than %d options in one rule", RAW_MAX);
	r = &p->raw[p->nraw++];
	*r = (struct raw_option){ .opt = o, .use = use, .at = at, .before_proto = !p->spec->proto_given };
	if (o->type == ARG_NONE) {
		if (attached)
			return FAIL(p, attached->at, "--%s takes no value", o->name);
	} else {
		const struct word *v = attached;

		if (!v && o->flags & OPT_NEXT) {
			v = next_plain(p);
		} else if (!v && !(o->flags & OPT_OPTARG)) {
			v = next_word(p);
			if (o->flags & OPT_INVERT)
				v = old_negation(p, v);
			if (!v)
				return FAIL(p, at, "--%s needs a value", o->name);
		}
		if (v) {
			r->value = *v;
			r->has_value = true;
		}
		if (o->flags & OPT_TWO) {
			v = next_word(p);
			if (!v)
				return FAIL(p, at, "--%s needs two values", o->name);
			r->value2 = *v;
		}
	}
	if (p->invert && !(o->flags & OPT_INVERT))
		return FAIL(p, p->invert_at, "'!' is not possible before --%s", o->name);
	r->invert = p->invert;
	return true;
}

/* What a long option's name, possibly shortened, stands for. */
struct found {
	char base;                   /* letter, or 0 */
	const struct ext_option *opt; /* or this */
	uint16_t use;
	unsigned partial;            /* candidates when shortened */
	const char *names[2];        /* the first two of them */
	bool exact;
};

static void consider(struct found *f, const char *name, const struct word *w, uint32_t len, char base,
		     const struct ext_option *opt, uint16_t use)
{
	if (strncmp(name, w->s + 2, len))
		return;
	if (!name[len]) {
		*f = (struct found){ base, opt, use, 1, { name }, true };
		return;
	}
	/* Two names of one option are no ambiguity. */
	if (f->partial && f->base == base && f->use == use &&
	    (opt ? f->opt && f->opt->id == opt->id : !f->opt))
		return;
	if (f->partial < 2)
		f->names[f->partial] = name;
	if (!f->partial++) {
		f->base = base;
		f->opt = opt;
		f->use = use;
	}
}

/* Its first two bytes tell most names from the one that is looked for. */
static bool may_be(const char *name, const struct word *w, uint32_t len)
{
	return name[0] == w->s[2] && (len < 2 || name[1] == w->s[3]);
}

static void consider_all(struct found *f, const struct ext *e, const struct word *w, uint32_t len,
			 uint16_t use)
{
	for (const struct ext_option *o = e ? e->options : NULL; o && o->name && !f->exact; o++)
		if (may_be(o->name, w, len))
			consider(f, o->name, w, len, 0, o, use);
}

/* What was loaded last comes first; iptables' own options come before all. */
static struct found find_long(struct parse *p, const struct word *w, uint32_t len)
{
	struct found f = { 0 };
	uint16_t n = p->spec->nmatches;

	for (size_t i = 0; i < N_BASE && !f.exact; i++)
		if (may_be(base_options[i].name, w, len))
			consider(&f, base_options[i].name, w, len, base_options[i].letter, NULL, 0);
	while (n > p->before_target) {
		n--;
		consider_all(&f, p->matches[n].ext, w, len, n);
	}
	consider_all(&f, p->spec->ext_target.ext, w, len, RAW_TARGET);
	while (n-- > 0)
		consider_all(&f, p->matches[n].ext, w, len, n);
	return f;
}

static bool unknown_option(struct parse *p, const struct word *w, uint32_t len)
{
	const char *names[1024], *hint;
	size_t n = 0;
	const struct ext *t = p->spec->ext_target.ext;

	for (size_t i = 0; i < N_BASE; i++)
		names[n++] = base_options[i].name;
	for (uint16_t i = 0; i < p->spec->nmatches; i++)
		for (const struct ext_option *o = p->matches[i].ext->options;
		     o && o->name && n < 900; o++)
			names[n++] = o->name;
	for (const struct ext_option *o = t ? t->options : NULL; o && o->name && n < 1024; o++)
		names[n++] = o->name;
	hint = hint_owners(p->rs->arena, p->rs->family, w->s + 2, len);
	if (!*hint)
		hint = hint_near(p->rs->arena, w->s + 2, len, "--", names, n);
	if (p->spec->nmatches == 1 && !t)
		return FAIL(p, w->at, "unknown option '--%.*s' of match '%s'%s", (int)len, w->s + 2,
			    p->matches[0].ext->name, hint);
	return FAIL(p, w->at, "unknown option '--%.*s'%s", (int)len, w->s + 2, hint);
}

/* load_proto(): `-p tcp --dport 22` without -m tcp. */
static bool load_proto_match(struct parse *p)
{
	static const struct {
		uint8_t number;
		const char *name;
	} numbers[] = { { IPPROTO_TCP, "tcp" },   { IPPROTO_UDP, "udp" },   { IPPROTO_SCTP, "sctp" },
			{ IPPROTO_DCCP, "dccp" }, { IPPROTO_ICMP, "icmp" }, { IPPROTO_ICMPV6, "icmp6" },
			{ IPPROTO_ESP, "esp" },   { IPPROTO_AH, "ah" },     { IPPROTO_UDPLITE, "udplite" },
			{ IPPROTO_MH, "mh" } };
	const struct ext *ext = NULL;

	if (p->tried_proto || !p->spec->proto_given)
		return false;
	p->tried_proto = true;
	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
		if (numbers[i].number == p->spec->proto)
			ext = ext_lookup(p->rs, numbers[i].name, strlen(numbers[i].name), EXT_MATCH,
					 p->rs->family);
	if (!ext)
		return false;
	for (uint16_t i = 0; i < p->spec->nmatches; i++)
		if (p->matches[i].ext == ext)
			return false;
	return load_match(p, &p->proto_word, ext);
}

static bool long_option(struct parse *p, const struct word *w)
{
	const char *eq = memchr(w->s, '=', w->len);
	uint32_t len = (eq ? (uint32_t)(eq - w->s) : w->len) - 2;
	struct word value, *attached = NULL;
	struct span at = { w->at.pos, len + 2 };
	struct found f;

	if (eq) {
		value = word_tail(w, len + 3);
		attached = &value;
	}
	f = find_long(p, w, len);
	if (!f.partial && load_proto_match(p))
		f = find_long(p, w, len);
	if (!f.partial)
		return unknown_option(p, w, len);
	if (f.partial > 1)
		return FAIL(p, at, "'--%.*s' is short for --%s and --%s", (int)len, w->s + 2, f.names[0],
			    f.names[1]);
	if (f.opt)
		return take_option(p, f.use, f.opt, attached, at);

	enum takes t = takes(f.base);

	if (t == TAKES_NOTHING) {
		if (attached)
			return FAIL(p, attached->at, "--%.*s takes no value", (int)len, w->s + 2);
		return take_base(p, f.base, NULL, at);
	}
	if (t >= TAKES_VALUE) {
		const struct word *v = attached ? attached : next_word(p);

		if (v && t == TAKES_NEGATION)
			v = old_negation(p, v);
		if (!v)
			return FAIL(p, at, "--%.*s needs %s", (int)len, w->s + 2, hint_value(f.base));
		return take_base(p, f.base, v, at);
	}
	return take_base(p, f.base, attached, at);
}

/* One letter; @rest of its word, which may be empty. */
static bool short_option(struct parse *p, char c, const struct word *rest, struct span at)
{
	const struct word *v;
	enum takes t = takes(c);

	if (t == TAKES_UNKNOWN)
		return FAIL(p, at, "unknown option '-%c'", c >= 0x20 && c < 0x7f ? c : '?');
	if (t == TAKES_NOTHING)
		return take_base(p, c, NULL, at);
	v = rest->len ? keep_word(p, rest) : NULL;
	if (t == TAKES_ATTACHED)
		return take_base(p, c, v, at);
	if (!v)
		v = next_word(p);
	if (v && t == TAKES_NEGATION)
		v = old_negation(p, v);
	if (!v)
		return FAIL(p, at, "-%c needs %s", c, hint_value(c));
	return take_base(p, c, v, at);
}

/* -ptcp, -p tcp, -nv */
static bool short_options(struct parse *p, const struct word *w)
{
	for (uint32_t i = 1; i < w->len; i++) {
		struct span at = { w->at.pos + (w->at.len == w->len ? i - (i == 1) : 0), i == 1 ? 2 : 1 };
		struct word rest = { .len = 0 };

		if (i + 1 < w->len)
			rest = word_tail(w, i + 1);
		if (!short_option(p, w->s[i], &rest, at))
			return false;
		if (takes(w->s[i]) != TAKES_NOTHING)
			break;
	}
	return true;
}

static bool not_an_option(struct parse *p, const struct word *w)
{
	const struct raw_option *last = p->nraw ? &p->raw[p->nraw - 1] : NULL;

	if (last && last->has_value && last->value.len > 1 && last->value.s[0] == '-' &&
	    last->value.at.pos < w->at.pos && last->value.at.pos + last->value.at.len + 1 >= w->at.pos)
		return FAIL(p, last->value.at, "'%.*s' is the value of --%s: a value is missing before it",
			    W(&last->value), last->opt->name);
	if (w->len && w->s[0] == '#')
		return FAIL(p, w->at, "a comment needs a line of its own");
	if (!p->cmd->letter && !p->given)
		return FAIL(p, w->at, "'%.*s' is not a command: a rule begins with -A%s", W(w),
			    w->len == 6 && !strncasecmp(w->s, "COMMIT", 6) ? ", a line of COMMIT holds nothing else"
									  : "");
	return FAIL(p, w->at, "'%.*s' is not an option", W(w));
}

static bool one_word(struct parse *p)
{
	const struct word *w = next_word(p);

	if (word_is(w, "--")) { /* the end of options, and of nothing else */
		if (p->at < p->line->nwords)
			return FAIL(p, p->line->words[p->at].at, "nothing may follow '--'");
		return true;
	}
	if (word_is(w, "!")) {
		if (p->invert)
			return FAIL(p, w->at, "'!' is given twice");
		p->invert = true;
		p->invert_at = w->at;
		return true;
	}
	if (w->len < 2 || w->s[0] != '-')
		return not_an_option(p, w);

	bool ok = w->s[1] == '-' && w->len > 2 ? long_option(p, w) : short_options(p, w);

	p->invert = false;
	return ok;
}

static bool use_values(struct parse *p, struct ext_use *u, uint16_t index)
{
	uint32_t seen = 0;
	uint16_t n = 0;

	for (uint32_t i = 0; i < p->nraw; i++)
		n += p->raw[i].use == index;
	u->args = arena_array(p->rs->arena, n, sizeof(*u->args));
	for (uint32_t i = 0; i < p->nraw; i++) {
		const struct raw_option *r = &p->raw[i];

		if (r->use != index)
			continue;
		if (seen & 1u << r->opt->id && !(r->opt->flags & OPT_MULTI))
			return FAIL(p, r->at, "--%s is given more than once", r->opt->name);
		seen |= 1u << r->opt->id;
		if (!spec_value(p->rs, p->line, p->spec, u->ext, r, &u->args[u->nargs]))
			return p->failed = true, false;
		u->nargs++;
	}
	return true;
}

static const struct ext_option *option_by_id(const struct ext *e, unsigned id)
{
	for (const struct ext_option *o = e->options; o && o->name; o++)
		if (o->id == id && !(o->flags & OPT_ALIAS))
			return o;
	return NULL;
}

/* "--a, --b or --c": a required option and those that may stand for it. */
static const char *alternatives(struct parse *p, const struct ext *e, const struct ext_option *required)
{
	const struct ext_option *all[32];
	const char *s = "";
	unsigned n = 0;

	for (const struct ext_option *o = e->options; o->name && n < 32; o++)
		if (o == required || (o->flags & OPT_REQUIRED && !(o->flags & OPT_ALIAS) &&
				      required->excl & 1u << o->id))
			all[n++] = o;
	for (unsigned i = 0; i < n; i++)
		s = arena_printf(p->rs->arena, "%s%s--%s", s,
				 i ? i + 1 < n ? ", " : " or " : "", all[i]->name);
	return s;
}

/* Required options, companions and conflicts. */
static bool use_options(struct parse *p, const struct ext_use *u)
{
	uint32_t seen = 0;
	const char *what = u->ext->kind == EXT_MATCH ? "match" : "target";

	for (unsigned i = 0; i < u->nargs; i++)
		seen |= 1u << u->args[i].id;
	for (unsigned i = 0; i < u->nargs; i++) {
		const struct ext_option *o = option_by_id(u->ext, u->args[i].id);

		if (!o || !((o->also & ~seen) | (o->excl & seen)))
			continue;
		for (unsigned id = 0; id < 32; id++) {
			const struct ext_option *other =
				(o->also | o->excl) & 1u << id ? option_by_id(u->ext, id) : NULL;

			if (other && o->excl & seen & 1u << id && id != o->id)
				return FAIL(p, u->args[i].at, "--%s and --%s exclude each other", o->name,
					    other->name);
			if (other && o->also & ~seen & 1u << id)
				return FAIL(p, u->args[i].at, "--%s needs --%s", o->name, other->name);
		}
	}
	for (const struct ext_option *o = u->ext->options; o && o->name; o++)
		if (o->flags & OPT_REQUIRED && !(o->flags & OPT_ALIAS) &&
		    !(seen & (1u << o->id | o->excl)))
			return FAIL(p, u->at, "%s '%s' needs %s", what, u->ext->name,
				    alternatives(p, u->ext, o));
	if (u->ext->kind == EXT_MATCH && !u->nargs && !u->ext->nullary)
		return FAIL(p, u->at, "match '%s' needs an option", u->ext->name);
	return true;
}

/* xt_check_match() and xt_check_target(): table and protocol. Hooks are checked with the callers. */
static bool use_place(struct parse *p, const struct ext_use *u)
{
	const struct ext *e = u->ext;
	const char *what = e->kind == EXT_MATCH ? "match" : "target";
	bool proto_ok = !e->protos[0];

	if (e->tables && !(e->tables & 1u << p->table->id))
		return FAIL(p, u->at, "%s '%s' is not possible in table '%s'", what, e->name,
			    table_names[p->table->id]);
	for (unsigned i = 0; i < 4 && e->protos[i]; i++)
		proto_ok |= p->spec->proto == e->protos[i] && !p->spec->proto_invert;
	if (!proto_ok)
		return FAIL(p, u->at, "%s '%s' needs its protocol: -p %s", what, e->name,
			    proto_name(e->protos[0]));
	return true;
}

static bool use_finish(struct parse *p, struct ext_use *u, uint16_t index)
{
	return use_values(p, u, index) && use_place(p, u) && use_options(p, u) &&
	       (!u->ext->check || u->ext->check(p->rs, p->line, u) || (p->failed = true, false));
}

bool spec_parse(struct ruleset *rs, struct table *t, const struct rule *line, struct command *cmd,
		struct rule_spec *spec, struct hostlist *src, struct hostlist *dst)
{
	struct parse p;
	struct rule with_spec = *line;

	memset(&p, 0, offsetof(struct parse, matches));
	p.nraw = 0;
	p.failed = false;
	p.rs = rs;
	p.table = t;
	p.cmd = cmd;
	p.spec = spec;
	p.src = src;
	p.dst = dst;
	with_spec.spec = spec;
	p.line = &with_spec;
	*cmd = (struct command){ 0 };
	*spec = (struct rule_spec){ 0 };
	spec->matches = p.matches;
	while (p.at < line->nwords)
		if (!one_word(&p) || cmd->other_family)
			break;
	if (p.failed || cmd->other_family)
		return !p.failed;
	if (p.invert)
		return FAIL(&p, p.invert_at, "nothing follows '!'");
	cmd->has_rule = p.given & ~(cmd->letter == 'P' ? GIVEN_COUNTERS : 0u);
	if (!cmd->letter)
		return FAIL(&p, line->at, "no command: a rule begins with -A");
	if (p.given & GIVEN_SRC && !spec_hosts(rs, &p.src_word, p.src_invert, src))
		return false;
	if (p.given & GIVEN_DST && !spec_hosts(rs, &p.dst_word, p.dst_invert, dst))
		return false;
	if (src->n && dst->n && (src->n > 1 || dst->n > 1) && (p.src_invert || p.dst_invert))
		return FAIL(&p, p.src_word.at, "'!' is not possible with several addresses");
	for (uint16_t i = 0; i < spec->nmatches; i++)
		if (!use_finish(&p, &p.matches[i], i))
			return false;
	if (spec->target == TARGET_EXT && !use_finish(&p, &spec->ext_target, RAW_TARGET))
		return false;
	spec->matches = arena_array(rs->arena, spec->nmatches, sizeof(*spec->matches));
	memcpy(spec->matches, p.matches, spec->nmatches * sizeof(*spec->matches));
	return true;
}
