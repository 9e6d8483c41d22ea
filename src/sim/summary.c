/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "sim/summary.h"

#include "sim/describe.h"
#include "sim/out_json.h"

struct summary {
	const struct ir *ir;
	struct counters **rules; /* by chain id, then by number; the end of the chain is one more */
	struct counters verdicts[SIM_VERDICTS];
	struct counters all;
	uint64_t unknown; /* times that a rule could not be known */
};

struct summary *summary_new(struct arena *a, const struct ir *ir)
{
	struct summary *m = ARENA_NEW(a, struct summary);

	m->ir = ir;
	m->rules = arena_array(a, ir->nchains + 1u, sizeof(*m->rules));
	for (const struct ir_chain *c = ir->chains; c; c = c->next)
		m->rules[c->id] = arena_array(a, (c->src ? c->src->nrules : 0) + 2u, sizeof(**m->rules));
	return m;
}

static void count(struct counters *c, const struct sim_packet *p)
{
	c->packets++;
	c->bytes += p->len;
}

void summary_observe(void *arg, const struct sim *s, const struct sim_packet *p,
		     const struct sim_event *e)
{
	struct summary *m = arg;

	(void)s;
	switch ((enum sim_event_kind)e->kind) {
	case EVENT_RULE:
	case EVENT_RETURN:
	case EVENT_POLICY:
		if (e->chain)
			count(&m->rules[e->chain->id][e->number], p);
		break;
	case EVENT_VERDICT:
		count(&m->verdicts[e->verdict], p);
		count(&m->all, p);
		break;
	case EVENT_UNKNOWN: m->unknown++; break;
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

const struct counters *summary_count(const struct summary *m, const struct ir_chain *c, uint32_t number)
{
	return &m->rules[c->id][number];
}

static void line(struct buffer *b, const struct counters *c)
{
	if (c->packets)
		buffer_printf(b, "%12llu %14llu  ", (unsigned long long)c->packets,
			      (unsigned long long)c->bytes);
	else
		buffer_printf(b, "%12s %14s  ", "-", "-");
}

static uint32_t chain_text(const struct summary *m, const struct sim *s, const struct ir_chain *c,
			   struct buffer *b)
{
	const struct counters *n = m->rules[c->id];
	const struct ir_chain *at = c;
	uint32_t number = 1, never = 0;

	buffer_printf(b, "\n%s %s\n", table_names[c->table], c->src->name);
	for (const struct ir_rule *r = NULL; (r = ir_source_rule(&at, r)); number++) {
		line(b, &n[number]);
		buffer_printf(b, "%4u  ", number);
		describe_rule(b, s, r->rule);
		buffer_char(b, '\n');
		never += !n[number].packets;
	}
	line(b, &n[number]);
	buffer_printf(b, "%s\n", !c->hook ? "end of the chain" : c->policy_drop ? "policy DROP" : "policy ACCEPT");
	return never;
}

void summary_text(const struct summary *m, const struct sim *s, struct buffer *b)
{
	uint32_t never = 0, rules = 0;

	buffer_printf(b, "%llu packets, %llu bytes\n", (unsigned long long)m->all.packets,
		      (unsigned long long)m->all.bytes);
	for (unsigned v = 0; v < SIM_VERDICTS; v++)
		if (m->verdicts[v].packets) {
			line(b, &m->verdicts[v]);
			buffer_printf(b, "%s\n", sim_verdict_names[v]);
		}
	for (const struct ir_chain *c = m->ir->chains; c; c = c->next)
		if (c->src) {
			never += chain_text(m, s, c, b);
			rules += c->src->nrules;
		}
	buffer_printf(b, "\n%u of %u rules were never hit\n", never, rules);
	if (m->unknown)
		buffer_printf(b, "%llu times a rule could not be known offline and was taken as not matching\n",
			      (unsigned long long)m->unknown);
}

static void counters_json(struct buffer *b, const struct counters *c)
{
	buffer_printf(b, "\"packets\":%llu,\"bytes\":%llu", (unsigned long long)c->packets,
		      (unsigned long long)c->bytes);
}

void summary_json(const struct summary *m, const struct sim *s, struct buffer *b)
{
	struct buffer *scratch = buffer_new(s->arena);
	bool first = true;

	buffer_printf(b, "{\"family\":%u,", m->ir->family == FAMILY_IPV6 ? 6 : 4);
	counters_json(b, &m->all);
	buffer_printf(b, ",\"unknown\":%llu,\"verdicts\":{", (unsigned long long)m->unknown);
	for (unsigned v = 0; v < SIM_VERDICTS; v++) {
		buffer_printf(b, "%s\"%s\":{", v ? "," : "", sim_verdict_names[v]);
		counters_json(b, &m->verdicts[v]);
		buffer_char(b, '}');
	}
	buffer_lit(b, "},\"rules\":[");
	for (const struct ir_chain *c = m->ir->chains; c; c = c->next) {
		const struct ir_chain *at = c;
		uint32_t number = 1;

		for (const struct ir_rule *r = NULL; c->src && (r = ir_source_rule(&at, r)); number++) {
			buffer_printf(b, "%s{\"table\":\"%s\",\"chain\":", first ? "" : ",",
				      table_names[c->table]);
			out_json_string(b, c->src->name, strlen(c->src->name));
			buffer_printf(b, ",\"number\":%u,", number);
			counters_json(b, &m->rules[c->id][number]);
			scratch->len = 0;
			describe_rule(scratch, s, r->rule);
			buffer_lit(b, ",\"rule\":");
			out_json_string(b, scratch->data, scratch->len);
			buffer_char(b, '}');
			first = false;
		}
	}
	buffer_lit(b, "]}\n");
}
