/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "sim/describe.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <linux/rtnetlink.h>
#include "sim/load.h"
#include "text.h"
#include "value.h"

static void address(struct buffer *b, unsigned family, const struct addr *a, int port)
{
	char text[INET6_ADDRSTRLEN];
	bool v6 = family == FAMILY_IPV6;

	inet_ntop(v6 ? AF_INET6 : AF_INET, a, text, sizeof(text));
	if (port < 0)
		buffer_puts(b, text);
	else
		buffer_printf(b, v6 ? "[%s]:%d" : "%s:%d", text, port);
}

static void tcp_flags(struct buffer *b, uint8_t flags)
{
	static const char *const names[] = { "FIN", "SYN", "RST", "PSH", "ACK", "URG", "ECE", "CWR" };
	bool any = false;

	buffer_char(b, ' ');
	for (unsigned i = 0; i < 8; i++)
		if (flags & 1u << i) {
			buffer_printf(b, "%s%s", any ? "," : "", names[i]);
			any = true;
		}
	if (!any)
		buffer_lit(b, "without flags");
}

void describe_packet(struct buffer *b, const struct sim_packet *p)
{
	bool v6 = p->family == FAMILY_IPV6, ports;
	uint16_t sport = 0, dport = 0;
	struct addr src, dst;

	if (p->len < (v6 ? 40u : 20u)) {
		buffer_printf(b, "%u bytes that are no IP packet", p->len);
		return;
	}
	packet_addrs(p, &src, &dst);
	ports = packet_ports(p, &sport, &dport);
	buffer_printf(b, "%s ", proto_name(p->l4proto));
	address(b, p->family, &src, ports ? sport : -1);
	buffer_lit(b, " -> ");
	address(b, p->family, &dst, ports ? dport : -1);
	if (ports && p->l4proto == IPPROTO_TCP && packet_l4_len(p) >= 20)
		tcp_flags(b, p->data[p->thoff + 13]);
	else if (!p->fragoff && (p->l4proto == IPPROTO_ICMP || p->l4proto == IPPROTO_ICMPV6) &&
		 packet_l4_len(p) >= 2)
		buffer_printf(b, " type %u code %u", p->data[p->thoff], p->data[p->thoff + 1]);
	if (p->fragment)
		buffer_printf(b, ", fragment at byte %u", v6 ? p->fragoff : p->fragoff * 8u);
}

static void visible(struct buffer *b, const char *s, uint32_t len)
{
	for (uint32_t i = 0; i < len; i++) {
		unsigned char c = (unsigned char)s[i];

		if (c < 0x20 || c == 0x7f)
			buffer_printf(b, "\\x%02x", c);
		else
			buffer_char(b, s[i]);
	}
}

static bool place(const struct sim *s, struct span at, struct place *out)
{
	return diag_place(s->ir->diags, at, out);
}

void describe_rule(struct buffer *b, const struct sim *s, const struct rule *r)
{
	struct place p;

	if (!place(s, r->at, &p))
		return;
	uint32_t len = p.text_len - (p.column - 1);

	visible(b, p.text + p.column - 1, r->at.len && r->at.len < len ? r->at.len : len);
}

void describe_target(struct buffer *b, const struct sim *s, const struct rule *r)
{
	struct place p;

	if (!r->spec || !r->spec->target_at.len || !place(s, r->spec->target_at, &p))
		return;
	buffer_puts(b, r->spec->target == TARGET_GOTO ? " (-g " : " (-j ");
	visible(b, p.text + p.column - 1, r->spec->target_at.len);
	buffer_char(b, ')');
}

void describe_place(struct buffer *b, const struct sim *s, struct span at)
{
	struct place p;

	if (place(s, at, &p))
		buffer_printf(b, "%s:%u", p.source->name, p.line);
}

static bool blank(char c)
{
	return c == ' ' || c == '\t';
}

/* An instruction knows the option or its value: widen that to the option with its values. */
void describe_words(struct buffer *b, const struct sim *s, const struct inst *i)
{
	struct place p;
	uint32_t from, to, n;

	if (!i || !place(s, i->at, &p) || !p.text_len)
		return;
	n = p.text_len;
	from = p.column - 1;
	while (from > 0 && !blank(p.text[from - 1]))
		from--;
	while (from > 0 && p.text[from] != '-') { /* back to the option */
		while (from > 0 && blank(p.text[from - 1]))
			from--;
		while (from > 0 && !blank(p.text[from - 1]))
			from--;
	}
	if (from > 1 && blank(p.text[from - 1]) && p.text[from - 2] == '!')
		from -= 2;
	to = from + 1;
	while (to < n && !(blank(p.text[to]) && to + 1 < n &&
			   (p.text[to + 1] == '-' || (p.text[to + 1] == '!' && to > i->at.pos)) &&
			   to > from + 2))
		to++;
	while (to > from && blank(p.text[to - 1]))
		to--;
	visible(b, p.text + from, to - from);
}

static bool tellable(const struct operand *o)
{
	switch ((enum field_kind)field_table[o->field].kind) {
	case KIND_META:
		return o->field != FIELD_META_RANDOM && o->field != FIELD_META_CPU &&
		       o->field != FIELD_META_LENGTH;
	case KIND_CT:
	case KIND_PAYLOAD:
	case KIND_TCPOPT:
	case KIND_FIB: return true;
	case KIND_RAW:
	case KIND_EXTHDR:
	case KIND_IPOPT:
	case KIND_SCTPCHUNK:
	case KIND_RT:
	case KIND_SOCKET:
	case KIND_IPSEC:
	case KIND_OSF:
	case KIND_GEN: break;
	}
	return false;
}

void describe_found(struct buffer *b, struct sim *s, const struct sim_packet *p, const struct inst *i)
{
	struct text t = { .ir = (struct ir *)s->ir, .b = b, .view = { .l4proto = p->l4proto } };
	struct operand plain;
	size_t start = b->len;
	struct value v;

	if (!i || i->kind != INST_TEST || !tellable(&i->test.lhs))
		return;
	plain = i->test.lhs;
	plain.nxf = 0;
	plain.xf = NULL;
	text_operand(&t, &plain);
	switch (load_operand(s, p, &plain, &v)) {
	case LOAD_OK: {
		size_t before = b->len;

		buffer_lit(b, " is ");
		text_operand_value(&t, &plain, &v);
		if (b->len == before + 4) /* an empty name */
			buffer_lit(b, "not set");
		break;
	}
	case LOAD_BREAK: buffer_lit(b, " is not in this packet"); break;
	case LOAD_UNKNOWN: t.refused = true; break;
	}
	if (t.refused)
		b->len = start;
}

static const char *unknown_operand(const struct operand *o)
{
	switch (o->field) {
	case FIELD_META_RANDOM:
	case FIELD_NUMGEN_RANDOM: return "drawn at random";
	case FIELD_META_TIME:
	case FIELD_META_DAY:
	case FIELD_META_HOUR: return "nobody has said what time it is (time=)";
	case FIELD_META_CPU: return "any processor may have this packet";
	case FIELD_META_CGROUP: return "nobody has said which control group sends";
	case FIELD_META_MARK:
	case FIELD_CT_MARK: return "a rule before has written a mark that can't be known offline";
	default: return "can't be known offline";
	}
}

void describe_unknown(struct buffer *b, const struct inst *i)
{
	if (i && i->kind == INST_TEST)
		buffer_puts(b, unknown_operand(&i->test.lhs));
	else if (i && i->kind == INST_LOOKUP && i->lookup.set->unknown)
		buffer_printf(b, "nobody has said what set %s holds (--ipset, or set in the packets' file)",
			      i->lookup.set->name);
	else
		buffer_lit(b, "can't be known offline");
}

void describe_action(struct buffer *b, const struct sim *s, const struct inst *i)
{
	struct text t = { .ir = (struct ir *)s->ir, .b = b, .inst = i, .view = NFT_VIEW_START };
	size_t start = b->len;

	if (i->kind != INST_ASSIGN && i->kind != INST_NAT && i->kind != INST_REJECT)
		return;
	text_inst(&t, i);
	if (t.refused)
		b->len = start;
}

static const char *route_type(unsigned type)
{
	switch (type) {
	case RTN_LOCAL: return "local ";
	case RTN_BROADCAST: return "broadcast ";
	case RTN_ANYCAST: return "anycast ";
	case RTN_BLACKHOLE: return "blackhole ";
	case RTN_UNREACHABLE: return "unreachable ";
	case RTN_PROHIBIT: return "prohibit ";
	default: return "";
	}
}

void describe_route(struct buffer *b, const struct sim_packet *p, const struct route_answer *a)
{
	static const char *const kinds[] = {
		[ROUTE_LOCAL] = "to this host", [ROUTE_FORWARD] = "out",
		[ROUTE_BROADCAST] = "a broadcast", [ROUTE_MULTICAST] = "a multicast",
		[ROUTE_UNREACHABLE] = "unreachable", [ROUTE_MARTIAN] = "a martian",
	};
	const struct host_route *r = a->route;

	buffer_puts(b, kinds[a->kind]);
	if (a->dev && (a->kind == ROUTE_FORWARD || p->local))
		buffer_printf(b, " by %s", a->dev->name);
	if (r && r->has_via) {
		buffer_lit(b, " via ");
		address(b, r->family, &r->via, -1);
	}
	if (a->why)
		buffer_printf(b, ": %s", a->why);
	if (!r)
		return;
	buffer_printf(b, " (route %s", route_type(r->type));
	if (r->prefix) {
		address(b, r->family, &r->dst, -1);
		if (r->prefix != family_bytes(r->family) * 8)
			buffer_printf(b, "/%u", r->prefix);
	} else {
		buffer_lit(b, "default");
	}
	if (r->table != RT_TABLE_MAIN && r->table != RT_TABLE_LOCAL)
		buffer_printf(b, ", table %u", r->table);
	buffer_char(b, ')');
}

bool describe_decision(struct buffer *b, const struct sim *s, enum sim_verdict v)
{
	const struct sim_event *e = &s->last;

	if (s->why) {
		buffer_puts(b, s->why);
		return true;
	}
	if (v == SIM_DELIVERED || v == SIM_FORWARDED || v == SIM_SENT || v == SIM_STOLEN)
		return false;
	if (e->kind == EVENT_RULE) {
		buffer_printf(b, "by rule %u of %s %s, ", e->number, table_names[e->table],
			      e->chain->src->name);
		describe_place(b, s, e->rule->at);
		return true;
	}
	if (e->kind == EVENT_POLICY && e->chain) {
		buffer_printf(b, "by the policy of %s %s, ", table_names[e->table], e->chain->src->name);
		describe_place(b, s, e->chain->src->at);
		return true;
	}
	return false;
}

/* Conditions that can be asked again: they change nothing, and don't drop. */
static bool asks_only(const struct inst *i)
{
	return i->kind == INST_LOOKUP ||
	       (i->kind == INST_TEST && field_table[i->test.lhs.field].kind != KIND_GEN);
}

/* Do all conditions but this one hold, and is there another one? */
static bool lone_failure(struct sim *s, struct sim_packet *p, const struct ir_clause *k,
			 const struct inst *failed)
{
	const struct ir_chain *target;
	bool others = false;

	for (const struct inst *i = k->first; i && i->kind != INST_COUNTER && i->kind != INST_VERDICT; i = i->next) {
		if (i->kind == INST_NEED_HEADER || i->at.pos == failed->at.pos)
			continue;
		others = true;
		if (asks_only(i) && exec_inst(s, p, i, &target) == RESULT_FAIL)
			return false;
	}
	return others;
}

bool describe_near(const struct sim *s, const struct sim_packet *p, const struct inst *failed)
{
	for (const struct ir_clause *k = s->rule->clauses; k; k = k->next)
		for (const struct inst *i = k->first; i; i = i->next)
			if (i == failed)
				return lone_failure((struct sim *)s, (struct sim_packet *)p, k, failed);
	return true; /* in a piece of the rule, behind others */
}
