/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * trace: the walk as the kernel's TRACE target logs it (trace_packet() of ip_tables.c).
 *
 * Its quirk is kept: a rule without any match whose target is a verdict is called what the end of its
 * chain is called, policy or return.
 */
#include "sim/trace.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include "value.h"

/* IPv6 has a flag for -p, so that `-p all` is a condition. */
static bool unconditional(const struct rule_spec *s, unsigned family)
{
	static const struct addr zero;

	return !s->nmatches && !s->in.given && !s->out.given && !s->fragment &&
	       !(s->proto_given && (s->proto || family == FAMILY_IPV6)) && !s->src.invert &&
	       !s->dst.invert && !memcmp(&s->src.mask, &zero, sizeof(zero)) &&
	       !memcmp(&s->dst.mask, &zero, sizeof(zero));
}

static const char *kind_of(const struct sim_event *e, unsigned family)
{
	const struct rule_spec *s;

	if (e->kind == EVENT_POLICY)
		return "policy";
	if (e->kind == EVENT_RETURN)
		return "return";
	s = e->rule->spec;
	if (unconditional(s, family) && (s->target == TARGET_ACCEPT || s->target == TARGET_DROP ||
					 s->target == TARGET_RETURN || s->target == TARGET_QUEUE))
		return e->rule->chain->hook >= 0 ? "policy" : "return";
	return "rule";
}

static void address(struct buffer *b, const struct sim_packet *p, const struct addr *a)
{
	char text[INET6_ADDRSTRLEN];

	inet_ntop(p->family == FAMILY_IPV6 ? AF_INET6 : AF_INET, a, text, sizeof(text));
	buffer_puts(b, text);
}

void trace_fields(struct buffer *b, const struct sim_packet *p)
{
	uint16_t sport, dport;
	struct addr src, dst;

	packet_addrs(p, &src, &dst);
	buffer_lit(b, "SRC=");
	address(b, p, &src);
	buffer_lit(b, " DST=");
	address(b, p, &dst);
	buffer_printf(b, " PROTO=%s", proto_name(p->l4proto));
	if (packet_ports(p, &sport, &dport))
		buffer_printf(b, " SPT=%u DPT=%u", sport, dport);
	else if (!p->fragoff && (p->l4proto == IPPROTO_ICMP || p->l4proto == IPPROTO_ICMPV6) &&
		 packet_l4_len(p) >= 2)
		buffer_printf(b, " TYPE=%u CODE=%u", p->data[p->thoff], p->data[p->thoff + 1]);
}

/* "[1] ", or "[1.1] " for an answer to packet 1. */
static void number(const struct trace *t, const struct sim *s)
{
	buffer_printf(t->b, t->answer ? "[%u.%u] " : "[%u] ", s->npackets, t->answer);
}

void trace_observe(void *arg, const struct sim *s, const struct sim_packet *p,
		   const struct sim_event *e)
{
	struct trace *t = arg;
	struct buffer *b = t->b;

	switch ((enum sim_event_kind)e->kind) {
	case EVENT_RULE:
	case EVENT_RETURN:
	case EVENT_POLICY:
		number(t, s);
		buffer_printf(b, "TRACE: %s:%s:%s:%u IN=%s OUT=%s ", table_names[e->table],
			      e->chain ? e->chain->src->name : hook_names[e->hook],
			      kind_of(e, p->family), e->number,
			      p->in && !p->local ? p->in->name : "", p->out ? p->out->name : "");
		trace_fields(b, p);
		buffer_printf(b, " MARK=0x%x\n", p->mark);
		break;
	case EVENT_VERDICT:
		if (!t->held)
			t->held = sim_verdict_names[e->verdict];
		if (!t->hold)
			trace_verdict(t, s);
		break;
	case EVENT_UNKNOWN:
		number(t, s);
		buffer_printf(b, "UNKNOWN: %s:%s:%u can't be known offline; taken as not matching\n",
			      table_names[e->table], e->chain->src->name, e->number);
		break;
	case EVENT_BRANCH:
	case EVENT_STEP:
	case EVENT_TABLE:
	case EVENT_MISS:
	case EVENT_CHANGE:
	case EVENT_ROUTE:
	case EVENT_CT:
	case EVENT_NAT:
	case EVENT_TCPDUMP:
	case EVENT_NOTE: break;
	}
}

void trace_verdict(struct trace *t, const struct sim *s)
{
	if (t->held) {
		number(t, s);
		buffer_printf(t->b, "VERDICT: %s\n", t->held);
	}
	t->held = NULL;
}
