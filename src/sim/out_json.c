/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * out_json: the walk as one JSON object a packet, one packet a line. The schema is in iptc2nft(1).
 *
 * Written directly: jansson would keep a tree of every step, and its allocations can't be undone by
 * the arena.
 */
#include "sim/out_json.h"

#include <arpa/inet.h>
#include "sim/describe.h"
#include "value.h"

/* Bytes that are not UTF-8 become U+FFFD. */
static unsigned utf8_length(const unsigned char *s, size_t left)
{
	unsigned n = s[0] < 0x80 ? 1 : s[0] >= 0xc2 && s[0] < 0xe0 ? 2 : s[0] >= 0xe0 && s[0] < 0xf0 ? 3
		   : s[0] >= 0xf0 && s[0] < 0xf5				? 4 : 0;

	if (!n || n > left)
		return 0;
	for (unsigned i = 1; i < n; i++)
		if ((s[i] & 0xc0) != 0x80)
			return 0;
	if ((s[0] == 0xe0 && s[1] < 0xa0) || (s[0] == 0xed && s[1] > 0x9f) ||
	    (s[0] == 0xf0 && s[1] < 0x90) || (s[0] == 0xf4 && s[1] > 0x8f))
		return 0;
	return n;
}

void out_json_string(struct buffer *b, const char *s, size_t len)
{
	buffer_char(b, '"');
	for (size_t i = 0; i < len;) {
		unsigned char c = (unsigned char)s[i];
		unsigned n = utf8_length((const unsigned char *)s + i, len - i);

		if (c == '"' || c == '\\')
			buffer_printf(b, "\\%c", c);
		else if (c < 0x20 || c == 0x7f)
			buffer_printf(b, "\\u%04x", c);
		else if (!n)
			buffer_lit(b, "\\ufffd");
		else
			buffer_put(b, s + i, n);
		i += n ? n : 1;
	}
	buffer_char(b, '"');
}

static void member(struct buffer *b, const char *key, const char *s, size_t len)
{
	buffer_printf(b, ",\"%s\":", key);
	out_json_string(b, s, len);
}

static void words(struct buffer *b, const char *key, const char *s)
{
	member(b, key, s, strlen(s));
}

/* What was described into the scratch buffer. */
static void described(struct out_json *o, const char *key)
{
	if (o->scratch->len)
		member(o->b, key, o->scratch->data, o->scratch->len);
	o->scratch->len = 0;
}

static void step(struct out_json *o, const char *kind)
{
	buffer_printf(o->b, "%s{\"event\":\"%s\"", o->first ? "" : ",", kind);
	o->first = false;
}

static void rule(struct out_json *o, const struct sim *s, const struct sim_event *e)
{
	words(o->b, "table", table_names[e->table]);
	words(o->b, "chain", e->chain ? e->chain->src->name : hook_names[e->hook]);
	buffer_printf(o->b, ",\"number\":%u", e->number);
	if (!e->rule)
		return;
	describe_rule(o->scratch, s, e->rule);
	described(o, "rule");
	describe_place(o->scratch, s, e->rule->at);
	described(o, "at");
}

/* The condition, and what the packet had instead or why it can't be known. */
static void reason(struct out_json *o, const struct sim *s, const struct sim_packet *p,
		   const struct sim_event *e)
{
	describe_words(o->scratch, s, e->inst);
	described(o, "because");
	if (e->kind == EVENT_MISS)
		describe_found(o->scratch, (struct sim *)s, p, e->inst);
	else
		describe_unknown(o->scratch, e->inst);
	described(o, "found");
}

/* The packet as it is now: "KEY":{…} */
static void packet(struct buffer *b, const char *key, const struct sim_packet *p)
{
	bool v6 = p->family == FAMILY_IPV6;
	char text[INET6_ADDRSTRLEN];
	uint16_t sport, dport;
	struct addr src, dst;

	buffer_printf(b, ",\"%s\":{\"length\":%u,\"mark\":%u", key, p->len, p->mark);
	if (p->len >= (v6 ? 40u : 20u)) {
		packet_addrs(p, &src, &dst);
		words(b, "src", inet_ntop(v6 ? AF_INET6 : AF_INET, &src, text, sizeof(text)));
		words(b, "dst", inet_ntop(v6 ? AF_INET6 : AF_INET, &dst, text, sizeof(text)));
		words(b, "proto", proto_name(p->l4proto));
		buffer_printf(b, ",\"ttl\":%u", p->data[v6 ? 7 : 8]);
		if (packet_ports(p, &sport, &dport))
			buffer_printf(b, ",\"sport\":%u,\"dport\":%u", sport, dport);
	}
	buffer_lit(b, "}");
}

void out_json_begin(struct out_json *o, const struct sim *s, const struct sim_packet *p, const char *name)
{
	buffer_printf(o->b, "{\"packet\":%u", s->npackets);
	if (s->provoked)
		buffer_printf(o->b, ",\"provoked\":%u,\"by\":\"%s\"", s->provoked,
			      !p->local ? "loopback" : p->own_answer ? "answer" : "copy");
	if (*name)
		words(o->b, "name", name);
	buffer_printf(o->b, ",\"family\":%u", p->family == FAMILY_IPV6 ? 6 : 4);
	if (!p->local && p->in)
		words(o->b, "in", p->in->name);
	packet(o->b, "came", p);
	buffer_lit(o->b, ",\"steps\":[");
	o->first = true;
	o->branches = 0;
}

static void verdict(struct out_json *o, const struct sim *s, const struct sim_packet *p,
		    const struct sim_event *e)
{
	buffer_lit(o->b, "]");
	words(o->b, "verdict", sim_verdict_names[e->verdict]);
	if (describe_decision(o->scratch, s, (enum sim_verdict)e->verdict))
		described(o, "decided");
	if (!s->why && s->last.kind == EVENT_RULE) {
		buffer_lit(o->b, ",\"last_rule\":{\"event\":\"rule\"");
		rule(o, s, &s->last);
		buffer_lit(o->b, "}");
	}
	if (p->out)
		words(o->b, "out", p->out->name);
	packet(o->b, "ended", p);
	if (s->choices.n)
		buffer_lit(o->b, "}");
}

/* Another way: {"if":[rules],"steps":[…],"verdict":…} */
static void branch(struct out_json *o, const struct sim *s)
{
	const struct sim_choices *c = &s->choices;

	buffer_puts(o->b, o->branches++ ? ",{\"if\":[" : ",\"branches\":[{\"if\":[");
	for (uint32_t i = 0; i < c->nassumed; i++) {
		buffer_puts(o->b, i ? ",{\"event\":\"unknown\"" : "{\"event\":\"unknown\"");
		rule(o, s, &c->assumed[i]);
		reason(o, s, NULL, &c->assumed[i]);
		buffer_lit(o->b, "}");
	}
	buffer_lit(o->b, "],\"steps\":[");
	o->first = true;
}

void out_json_end(struct out_json *o)
{
	buffer_puts(o->b, o->branches ? "]}\n" : "}\n");
}

static void text_step(struct out_json *o, const char *kind, const char *text)
{
	step(o, kind);
	words(o->b, "text", text);
	buffer_lit(o->b, "}");
}

void out_json_observe(void *arg, const struct sim *s, const struct sim_packet *p,
		      const struct sim_event *e)
{
	struct out_json *o = arg;
	static const char *const kinds[] = {
		[EVENT_RULE] = "rule", [EVENT_MISS] = "miss", [EVENT_UNKNOWN] = "unknown",
		[EVENT_RETURN] = "return", [EVENT_POLICY] = "policy",
	};

	o->scratch->len = 0;
	switch ((enum sim_event_kind)e->kind) {
	case EVENT_STEP:
		step(o, "function");
		words(o->b, "function", e->text);
		if (e->hook < HOOK_COUNT)
			words(o->b, "hook", hook_names[e->hook]);
		buffer_lit(o->b, "}");
		break;
	case EVENT_TABLE:
		step(o, "table");
		words(o->b, "table", table_names[e->table]);
		words(o->b, "chain", hook_names[e->hook]);
		buffer_printf(o->b, ",\"priority\":%d}", hook_find(e->table, e->hook)->priority);
		break;
	case EVENT_RULE:
	case EVENT_MISS:
	case EVENT_UNKNOWN:
	case EVENT_RETURN:
	case EVENT_POLICY:
		step(o, kinds[e->kind]);
		rule(o, s, e);
		if (e->kind == EVENT_POLICY)
			words(o->b, "policy", e->verdict ? "DROP" : "ACCEPT");
		if (e->kind == EVENT_MISS || e->kind == EVENT_UNKNOWN)
			reason(o, s, p, e);
		buffer_lit(o->b, "}");
		break;
	case EVENT_CHANGE:
		step(o, "change");
		describe_action(o->scratch, s, e->inst);
		described(o, "text");
		buffer_lit(o->b, "}");
		break;
	case EVENT_ROUTE:
		step(o, "route");
		describe_route(o->scratch, p, e->route);
		described(o, "text");
		if (e->route->dev)
			words(o->b, "device", e->route->dev->name);
		buffer_lit(o->b, "}");
		break;
	case EVENT_CT: text_step(o, "conntrack", e->text); break;
	case EVENT_NAT: text_step(o, "nat", e->text); break;
	case EVENT_TCPDUMP: text_step(o, "tcpdump", e->text); break;
	case EVENT_NOTE: text_step(o, "note", e->text); break;
	case EVENT_BRANCH: branch(o, s); break;
	case EVENT_VERDICT: verdict(o, s, p, e); break;
	}
}
