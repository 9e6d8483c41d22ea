/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * out_text: the walk for a person.
 *
 * Three columns of depth: the kernel's functions and hooks, the tables at a hook, the rules in a table,
 * below the name of their chain when it is not that of the line before.
 * A rule that did not match is told when it came near (all of its conditions held but one), with what
 * the packet had instead; with --all every rule is.
 */
#include "sim/out_text.h"

#include <stdio.h>
#include "sim/describe.h"

#define NEAR_MAX 6

enum style { PLAIN, BOLD, DIM, GOOD, BAD, NAME };
static const char *const codes[] = { "", "\033[1m", "\033[2m", "\033[32m", "\033[1;31m", "\033[36m" };

static void styled(struct out_text *o, enum style st, const char *s, size_t len)
{
	if (o->color && st != PLAIN)
		buffer_puts(o->b, codes[st]);
	buffer_put(o->b, s, len);
	if (o->color && st != PLAIN)
		buffer_lit(o->b, "\033[0m");
}

static void pad(struct out_text *o, unsigned n)
{
	while (n--)
		buffer_char(o->b, ' ');
}

static unsigned columns(const char *s, size_t len)
{
	unsigned n = 0;

	for (size_t i = 0; i < len; i++)
		n += (s[i] & 0xc0) != 0x80; /* UTF-8: the following bytes take no room */
	return n;
}

/* A line, wrapped at blanks behind @indent columns; @at: where the cursor is. */
static void flow(struct out_text *o, unsigned at, unsigned indent, enum style st, const char *s,
		 size_t len)
{
	while (len) {
		size_t word = 0, gap;

		while (word < len && s[word] != ' ')
			word++;
		if (o->width && at > indent && at + columns(s, word) > o->width) {
			buffer_char(o->b, '\n');
			pad(o, indent);
			at = indent;
		}
		styled(o, st, s, word);
		at += columns(s, word);
		for (gap = word; gap < len && s[gap] == ' '; gap++)
			;
		if (gap > word && gap < len) {
			buffer_char(o->b, ' ');
			at++;
		}
		s += gap;
		len -= gap;
	}
	buffer_char(o->b, '\n');
}

/* "    LABEL   text", the text in a column of its own. */
static void line(struct out_text *o, unsigned indent, enum style label_style, const char *label,
		 unsigned column, enum style st)
{
	unsigned at = indent + columns(label, strlen(label));

	pad(o, indent);
	styled(o, label_style, label, strlen(label));
	if (!o->scratch->len) {
		buffer_char(o->b, '\n');
		return;
	}
	pad(o, at < column ? column - at : 1);
	at = at < column ? column : at + 1;
	flow(o, at, column + 2, st, o->scratch->data, o->scratch->len);
	o->scratch->len = 0;
}

static const char *kernel_hook(unsigned h)
{
	static const char *const names[] = { "NF_INET_PRE_ROUTING", "NF_INET_LOCAL_IN",
					     "NF_INET_FORWARD", "NF_INET_LOCAL_OUT",
					     "NF_INET_POST_ROUTING" };

	return names[h];
}

static void put_step(struct out_text *o, const struct sim_event *e)
{
	if (e->hook < HOOK_COUNT)
		buffer_printf(o->scratch, "-> %s", kernel_hook(e->hook));
	line(o, 2, BOLD, e->text, 2, NAME);
}

static void put_table(struct out_text *o, const struct sim_event *e)
{
	char label[32];

	o->near = 0;
	o->chain = NULL;
	snprintf(label, sizeof(label), "%5d %s %s", hook_find(e->table, e->hook)->priority,
		 table_names[e->table], hook_names[e->hook]);
	line(o, 4, PLAIN, label, 4, PLAIN);
}

/* The rule's chain, where it is another one than that of the line above. */
static void put_chain(struct out_text *o, const struct ir_chain *c)
{
	bool base = c->src->hook >= 0;
	size_t len = o->scratch->len;

	if (o->chain == c || (base && !o->chain))
		return;
	o->chain = c;
	o->scratch->len = 0;
	line(o, 8, NAME, c->src->name, 8, PLAIN);
	o->scratch->len = len;
}

static void label_rule(struct out_text *o, char *label, size_t size, const struct sim_event *e, const char *what)
{
	put_chain(o, e->chain);
	snprintf(label, size, "rule %-4u %s", e->number, what);
}

static void put_rule(struct out_text *o, const struct sim *s, const struct sim_event *e)
{
	char label[32];

	label_rule(o, label, sizeof(label), e, "matches");
	describe_rule(o->scratch, s, e->rule);
	line(o, 10, GOOD, label, 28, PLAIN);
}

static void put_miss(struct out_text *o, const struct sim *s, const struct sim_packet *p,
		     const struct sim_event *e)
{
	char label[32];

	if (!o->all) {
		if (!describe_near(s, p, e->inst) || ++o->near > NEAR_MAX + 1)
			return;
		if (o->near > NEAR_MAX) {
			buffer_lit(o->scratch, "further near misses are not shown (--all shows every rule)");
			line(o, 10, DIM, "", 10, DIM);
			return;
		}
	}
	label_rule(o, label, sizeof(label), e, "no");
	describe_words(o->scratch, s, e->inst);
	size_t before = o->scratch->len;

	buffer_lit(o->scratch, ": ");
	describe_found(o->scratch, (struct sim *)s, p, e->inst);
	if (o->scratch->len == before + 2)
		o->scratch->len = before;
	describe_target(o->scratch, s, e->rule);
	line(o, 10, DIM, label, 28, DIM);
}

static void put_end(struct out_text *o, const struct sim_event *e)
{
	if (e->kind == EVENT_RETURN) {
		if (!o->all) /* the next line's chain tells */
			return;
		put_chain(o, e->chain);
		buffer_lit(o->scratch, "end of the chain");
		line(o, 10, DIM, "return", 28, DIM);
		return;
	}
	if (e->chain)
		put_chain(o, e->chain);
	buffer_puts(o->scratch, e->verdict ? "DROP" : "ACCEPT");
	line(o, 10, PLAIN, "policy", 28, e->verdict ? BAD : PLAIN);
}

static void put_unknown(struct out_text *o, const struct sim *s, const struct sim_event *e)
{
	char label[32];

	label_rule(o, label, sizeof(label), e, "unknown");
	describe_words(o->scratch, s, e->inst);
	buffer_lit(o->scratch, ": ");
	describe_unknown(o->scratch, e->inst);
	buffer_lit(o->scratch, "; taken for no match on this way");
	line(o, 10, BAD, label, 28, PLAIN);
}

/* "or else, if rule 3 of filter INPUT matches:" */
static void put_branch(struct out_text *o, const struct sim *s, const struct sim_event *e)
{
	const struct sim_choices *c = &s->choices;

	buffer_lit(o->scratch, "if ");
	for (uint32_t i = 0; i < c->nassumed; i++) {
		const struct sim_event *a = &c->assumed[i];

		buffer_printf(o->scratch, "%srule %u of %s %s", !i ? "" : i + 1 < c->nassumed ? ", " : " and ",
			      a->number, table_names[a->table], a->chain->src->name);
	}
	buffer_puts(o->scratch, c->nassumed > 1 ? " match:" : " matches:");
	line(o, 2, NAME, "or else,", 2, NAME);
	o->near = 0;
	if (e->hook < HOOK_COUNT)
		put_table(o, e);
}

static void put_verdict(struct out_text *o, const struct sim *s, const struct sim_packet *p,
			const struct sim_event *e)
{
	enum sim_verdict v = (enum sim_verdict)e->verdict;
	bool good = v == SIM_DELIVERED || v == SIM_FORWARDED || v == SIM_SENT;
	char label[32];

	snprintf(label, sizeof(label), "= %s%s", sim_verdict_names[v], s->why ? ":" : "");
	if (!describe_decision(o->scratch, s, v)) {
		if (v == SIM_STOLEN) {
			buffer_lit(o->scratch, "kept by the kernel");
		} else {
			if (v != SIM_DELIVERED && p->out)
				buffer_printf(o->scratch, "by %s ", p->out->name);
			buffer_lit(o->scratch, "as ");
			describe_packet(o->scratch, p);
		}
	}
	line(o, 2, good ? GOOD : BAD, label, 2, PLAIN);
	if (!s->why && s->last.kind == EVENT_RULE && !good) {
		describe_rule(o->scratch, s, s->last.rule);
		line(o, 4, PLAIN, "", 4, PLAIN);
	}
}

void out_text_begin(struct out_text *o, const struct sim *s, const struct sim_packet *p,
		    const char *name)
{
	char label[32];

	if (o->npackets++)
		buffer_char(o->b, '\n');
	if (s->provoked)
		snprintf(label, sizeof(label), "packet %u.%u", s->npackets, s->provoked);
	else
		snprintf(label, sizeof(label), "packet %u", s->npackets);
	if (*name)
		buffer_printf(o->scratch, "\"%s\" ", name);
	if (p->local && p->own_answer)
		buffer_lit(o->scratch, "this host's answer: ");
	else if (s->provoked && p->local)
		buffer_lit(o->scratch, "once more, for the copy: ");
	else if (s->provoked)
		buffer_printf(o->scratch, "back in by %s: ", p->in ? p->in->name : "?");
	else if (p->local)
		buffer_lit(o->scratch, "from this host: ");
	else
		buffer_printf(o->scratch, "in by %s: ", p->in ? p->in->name : "?");
	describe_packet(o->scratch, p);
	buffer_printf(o->scratch, ", %u bytes", p->len);
	if (p->len >= 20)
		buffer_printf(o->scratch, ", ttl %u", p->data[p->family == FAMILY_IPV6 ? 7 : 8]);
	if (p->mark)
		buffer_printf(o->scratch, ", mark 0x%x", p->mark);
	line(o, 0, BOLD, label, 0, PLAIN);
}

void out_text_observe(void *arg, const struct sim *s, const struct sim_packet *p,
		      const struct sim_event *e)
{
	struct out_text *o = arg;
	struct buffer *t = o->scratch;

	t->len = 0;
	switch ((enum sim_event_kind)e->kind) {
	case EVENT_STEP: put_step(o, e); break;
	case EVENT_TABLE: put_table(o, e); break;
	case EVENT_RULE: put_rule(o, s, e); break;
	case EVENT_MISS: put_miss(o, s, p, e); break;
	case EVENT_UNKNOWN: put_unknown(o, s, e); break;
	case EVENT_BRANCH: put_branch(o, s, e); break;
	case EVENT_RETURN:
	case EVENT_POLICY: put_end(o, e); break;
	case EVENT_CHANGE:
		describe_action(t, s, e->inst);
		line(o, 28, PLAIN, "", 28, NAME);
		break;
	case EVENT_ROUTE:
		describe_route(t, p, e->route);
		line(o, 4, NAME, "routing", 13, PLAIN);
		break;
	case EVENT_CT:
		buffer_printf(t, "connection tracking: %s", e->text);
		line(o, 4, PLAIN, " -200", 4, PLAIN);
		break;
	case EVENT_NAT:
		buffer_puts(t, e->text);
		line(o, 10, NAME, "nat", 28, PLAIN);
		break;
	case EVENT_TCPDUMP:
	case EVENT_NOTE:
		buffer_puts(t, e->text);
		if (e->rule)
			line(o, 10, DIM, "", 28, BAD);
		else
			line(o, 2, DIM, e->kind == EVENT_NOTE ? "  note:" : "*", 2, DIM);
		break;
	case EVENT_VERDICT: put_verdict(o, s, p, e); break;
	}
}
