/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * spec_long: long options.
 *
 * A name may be shortened as far as one option has it. What was loaded last is asked first, and an
 * unknown option makes the match of -p's protocol be loaded, once (command_default(), load_proto()).
 */
#include "spec_parse.h"

#include "spec_hint.h"

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
				v = spec_old_negation(p, v);
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

/* A match that is loaded again has its options where they were, but they are the newest one's. */
static void consider_match(struct found *f, struct parse *p, const struct word *w, uint32_t len, uint16_t use)
{
	const struct ext *e = p->matches[use].ext;

	for (uint16_t i = 0; i < use; i++)
		if (p->matches[i].ext == e)
			return;
	for (uint16_t i = p->spec->nmatches; --i > use;)
		if (p->matches[i].ext == e)
			use = i;
	consider_all(f, e, w, len, use);
}

/*
 * The options that rules use, as found before: nearly every rule names those of the match that it loaded
 * last, in full. Only options that are not iptables' own are noted.
 */
struct option_notes {
	struct option_note {
		const struct ext *ext;
		const struct ext_option *opt;
	} notes[256];
};

/* Whose options come first; NULL: it takes more than this to tell. */
static const struct ext *first_owner(const struct parse *p, uint16_t *use)
{
	uint16_t n = p->spec->nmatches;

	*use = n > p->before_target ? (uint16_t)(n - 1) : RAW_TARGET;
	if (*use == RAW_TARGET)
		return p->spec->ext_target.ext;
	for (uint16_t i = 0; i < *use; i++)
		if (p->matches[i].ext == p->matches[*use].ext)
			return NULL;
	return p->matches[*use].ext;
}

static struct option_note *option_note(struct parse *p, const struct ext *e, const struct word *w,
				       uint32_t len)
{
	const char *s = w->s + 2;
	size_t at = (uintptr_t)e / 64 + len * 37 + (unsigned char)s[0] * 5 + (unsigned char)s[len - 1];

	if (!p->rs->option_notes)
		p->rs->option_notes = ARENA_NEW(p->rs->arena, struct option_notes);
	return &p->rs->option_notes->notes[at % 256];
}

static struct found search_long(struct parse *p, const struct word *w, uint32_t len)
{
	struct found f = { 0 };
	uint16_t n = p->spec->nmatches;

	for (size_t i = 0; i < N_BASE && !f.exact; i++)
		if (may_be(base_options[i].name, w, len))
			consider(&f, base_options[i].name, w, len, base_options[i].letter, NULL, 0);
	while (n > p->before_target)
		consider_match(&f, p, w, len, --n);
	consider_all(&f, p->spec->ext_target.ext, w, len, RAW_TARGET);
	while (n > 0)
		consider_match(&f, p, w, len, --n);
	return f;
}

/* What was loaded last comes first; iptables' own options come before all. */
static struct found find_long(struct parse *p, const struct word *w, uint32_t len)
{
	uint16_t use;
	const struct ext *e = len ? first_owner(p, &use) : NULL;
	struct option_note *n = e ? option_note(p, e, w, len) : NULL;
	struct found f;

	if (n && n->ext == e && !strncmp(n->opt->name, w->s + 2, len) && !n->opt->name[len])
		return (struct found){ 0, n->opt, use, 1, { n->opt->name }, true };
	f = search_long(p, w, len);
	if (n && f.exact && f.opt && f.use == use)
		*n = (struct option_note){ e, f.opt };
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

/* find_proto(): the match of the protocol's name as written, of a number by the name that the protocols
 * database has for it (135 is mobility-header there, which is the name of no match). */
static const struct ext *match_of_proto(const struct parse *p)
{
	static const struct {
		uint8_t number;
		const char *name;
	} protos[] = { { IPPROTO_TCP, "tcp" },   { IPPROTO_UDP, "udp" },     { IPPROTO_SCTP, "sctp" },
		       { IPPROTO_DCCP, "dccp" }, { IPPROTO_ICMP, "icmp" },   { IPPROTO_ICMPV6, "icmp6" },
		       { IPPROTO_ESP, "esp" },   { IPPROTO_AH, "ah" },       { IPPROTO_COMP, "ipcomp" },
		       { IPPROTO_MH, "mh" } };
	const struct word *w = &p->proto_word;

	for (size_t i = 0; i < sizeof(protos) / sizeof(protos[0]); i++) {
		if (protos[i].number != p->spec->proto)
			continue;
		if (protos[i].number == IPPROTO_MH && (w->len != 2 || strncasecmp(w->s, "mh", 2)))
			return NULL;
		return ext_lookup(p->rs, protos[i].name, strlen(protos[i].name), EXT_MATCH, p->rs->family);
	}
	return NULL;
}

/* load_proto(): `-p tcp --dport 22` without -m tcp. */
static bool load_proto_match(struct parse *p)
{
	const struct ext *ext;

	if (p->tried_proto || !p->spec->proto_given)
		return false;
	p->tried_proto = true;
	ext = match_of_proto(p);
	if (!ext)
		return false;
	for (uint16_t i = 0; i < p->spec->nmatches; i++)
		if (p->matches[i].ext == ext)
			return false;
	return spec_load_match(p, &p->proto_word, ext);
}

bool spec_long(struct parse *p, const struct word *w)
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

	enum takes t = spec_takes(f.base);

	if (t == TAKES_NOTHING) {
		if (attached)
			return FAIL(p, attached->at, "--%.*s takes no value", (int)len, w->s + 2);
		return spec_base(p, f.base, NULL, at);
	}
	if (t >= TAKES_VALUE) {
		const struct word *v = attached ? attached : next_word(p);

		if (v && t == TAKES_NEGATION)
			v = spec_old_negation(p, v);
		if (!v)
			return FAIL(p, at, "--%.*s needs %s", (int)len, w->s + 2, hint_value(f.base));
		return spec_base(p, f.base, v, at);
	}
	return spec_base(p, f.base, attached, at);
}

/* One letter; @rest of its word, which may be empty. */
