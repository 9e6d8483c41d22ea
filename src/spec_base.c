/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * spec_base: the options of iptables itself.
 *
 * command_default() of iptables' xshared.c, and where do_parse() looks targets and matches up.
 */
#include "spec_parse.h"

#include "spec_hint.h"
#include "value.h"

/* What a letter takes: no value; one in the same word or none; one always; one that `!` may precede. */
enum takes spec_takes(char letter)
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
	if (*hint_foreign(name->s, name->len, kind))
		hint = hint_foreign(name->s, name->len, kind);
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
	return spec_load_match(p, v, ext);
}

/* No chain can be called so. */
static enum target_kind standard_target(const struct word *w)
{
	if (word_is(w, "ACCEPT"))
		return TARGET_ACCEPT;
	if (word_is(w, "DROP"))
		return TARGET_DROP;
	if (word_is(w, "RETURN"))
		return TARGET_RETURN;
	return word_is(w, "QUEUE") ? TARGET_QUEUE : TARGET_NONE;
}

static bool take_jump(struct parse *p, const struct word *v, struct span at, bool is_goto)
{
	struct rule_spec *s = p->spec;

	if (!once(p, GIVEN_JUMP, at, false, is_goto ? "-g" : "-j"))
		return false;
	if (!v->len)
		return FAIL(p, v->at, "a target is missing");
	s->target_at = v->at;
	p->cmd->target = *v;
	s->target = is_goto ? TARGET_NONE : standard_target(v);
	if (s->target != TARGET_NONE)
		return true;
	s->target_chain = p->rs->ahead ? NULL : table_chain(p->table, v->s, v->len);
	if (s->target_chain) {
		if (s->target_chain->hook >= 0)
			return FAIL(p, v->at, "built-in chain '%s' can't be jumped to",
				    s->target_chain->name);
		s->target = is_goto ? TARGET_GOTO : TARGET_JUMP;
		return true;
	}
	if (!is_goto)
		s->ext_target.ext = ext_lookup(p->rs, v->s, v->len, EXT_TARGET, p->rs->family);
	if (!s->ext_target.ext && p->rs->ahead) {
		s->target = is_goto ? TARGET_GOTO : TARGET_JUMP;
		return true;
	}
	if (is_goto)
		return FAIL(p, v->at, "chain '%.*s' does not exist in table '%s'", W(v),
			    table_names[p->table->id]);
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
	if (p->line->has_counters) /* where counters are kept; iptables makes a second -c of them */
		return FAIL(p, at, "--set-counters beside [packets:bytes] before the rule");
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
bool spec_base(struct parse *p, char letter, const struct word *v, struct span at)
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
	case 'M': return true;
	case 'v':
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
