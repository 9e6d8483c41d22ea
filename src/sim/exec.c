/* SPDX-License-Identifier: GPL-2.0-or-later */
/* exec: what one instruction does to a packet. */
#include "sim/sim.h"

#include <netinet/icmp6.h>
#include <netinet/ip_icmp.h>
#include "ext.h"
#include "sim/conn.h"
#include "sim/load.h"
#include "sim/nat.h"
#include "sim/state.h"

static bool in_ranges(const struct value_range *r, uint32_t n, const struct value *v, unsigned width)
{
	for (uint32_t i = 0; i < n; i++)
		if (memcmp(v->b, r[i].lo.b, width) >= 0 && memcmp(v->b, r[i].hi.b, width) <= 0)
			return true;
	return false;
}

bool test_holds(const struct inst_test *t, const struct value *v)
{
	unsigned width = t->prefix ? t->prefix : operand_bytes(&t->lhs);

	switch ((enum test_op)t->op) {
	case TEST_EQ: return !memcmp(v->b, t->value.b, width);
	case TEST_NE: return memcmp(v->b, t->value.b, width) != 0;
	case TEST_LT: return memcmp(v->b, t->value.b, width) < 0;
	case TEST_GT: return memcmp(v->b, t->value.b, width) > 0;
	case TEST_LE: return memcmp(v->b, t->value.b, width) <= 0;
	case TEST_GE: return memcmp(v->b, t->value.b, width) >= 0;
	case TEST_IN: return in_ranges(t->ranges, t->n, v, width);
	case TEST_NOTIN: return !in_ranges(t->ranges, t->n, v, width);
	}
	return false;
}

static enum sim_result run_test(struct sim *s, struct sim_packet *p, const struct inst_test *t)
{
	struct value v;

	switch (load_operand(s, p, &t->lhs, &v)) {
	case LOAD_OK: return test_holds(t, &v) ? RESULT_PASS : RESULT_FAIL;
	case LOAD_BREAK: return RESULT_FAIL;
	case LOAD_UNKNOWN: return RESULT_UNKNOWN;
	}
	return RESULT_FAIL;
}

static enum sim_result hotdrop(struct sim *s)
{
	s->why = "a rule looks into a header that is cut short, and xtables drops the packet there";
	return RESULT_DROP;
}

/* Is the extension header there with all of the bytes that it says? One that is not there is whole
 * as well (ENOENT only fails, which is left to the test of the header), unless the walk breaks. */
static bool ext_header_whole(const struct sim_packet *p, uint8_t type)
{
	uint32_t at = load_find_header6(p, type), left = p->len - at;

	if (!at)
		return p->whole || p->fragoff;
	switch (type) {
	case IPPROTO_FRAGMENT: return left >= 8;
	case IPPROTO_AH: return left >= 12 && left >= (p->data[at + 1] + 2u) * 4;
	default: return left >= (p->data[at + 1] + 1u) * 8;
	}
}

static bool tcp_options_whole(const struct sim_packet *p)
{
	uint32_t len, bytes = (load_transport(p, &len)[12] >> 4) * 4u;

	return bytes >= 20 && bytes <= len;
}

/*
 * What every transport match of xtables checks first (tcp_mt(), udp_mt(), icmp_match()): no later
 * fragment; a header cut short drops the packet. Without a protocol (IPv6): the chain of extension
 * headers must hold (ip6_packet_match()).
 */
static enum sim_result need_header(struct sim *s, const struct sim_packet *p, const struct inst_need_header *n)
{
	uint32_t len;

	if (n->exthdr && n->proto == NEED_PORTS)
		return p->fragoff || (p->whole && p->l4proto != IPPROTO_NONE) ? RESULT_PASS : hotdrop(s);
	if (n->exthdr)
		return ext_header_whole(p, n->proto) ? RESULT_PASS : hotdrop(s);
	if (!n->proto && !n->bytes)
		return p->whole ? RESULT_PASS : hotdrop(s);
	if (p->fragoff && !n->fragments) {
		if (n->frag1_drops && p->family == FAMILY_IPV4 && p->fragoff == 1)
			return hotdrop(s);
		return RESULT_FAIL;
	}
	load_transport(p, &len);
	if (len < n->bytes || (n->options && !tcp_options_whole(p)))
		return n->hotdrop ? hotdrop(s) : RESULT_FAIL;
	return RESULT_PASS;
}

static enum sim_result run_opaque(struct sim *s, struct sim_packet *p, const struct inst_opaque *o)
{
	int r = o->eval ? o->eval(o->use, p) : -2;

	if (r == -2)
		return RESULT_UNKNOWN;
	if (o->use->ext->kind == EXT_MATCH)
		return r < 0 ? hotdrop(s) : r ? RESULT_PASS : RESULT_FAIL;
	return r == 1 ? RESULT_DROP : r == 2 ? RESULT_ACCEPT : RESULT_PASS;
}

/* The value that an ASSIGN writes; FAIL: a map has no entry for this packet. */
static enum sim_result assigned(struct sim *s, struct sim_packet *p, const struct inst_assign *a,
				struct value *v)
{
	enum load_result r = LOAD_OK;

	switch (a->from) {
	case ASSIGN_VALUE: *v = a->value; break;
	case ASSIGN_OPERAND: r = load_operand(s, p, &a->src, v); break;
	case ASSIGN_MAP:
		r = load_operand(s, p, &a->src, v);
		if (r == LOAD_OK) {
			uint32_t i = 0;

			while (i < a->nentries &&
			       !in_ranges(&a->entries[i].key, 1, v, operand_bytes(&a->src)))
				i++;
			if (i == a->nentries)
				return RESULT_FAIL;
			*v = a->entries[i].data.lo;
		}
		break;
	case ASSIGN_LOOKUP: return state_lookup(s, p, a->map, a->key, a->nkey, v);
	}
	return r == LOAD_OK ? RESULT_PASS : r == LOAD_BREAK ? RESULT_FAIL : RESULT_UNKNOWN;
}

static enum sim_result run_assign(struct sim *s, struct sim_packet *p, const struct inst *i)
{
	struct sim_event e = { .kind = EVENT_CHANGE, .hook = s->hook, .table = s->table, .inst = i };
	struct value v;
	enum sim_result r = assigned(s, p, &i->assign, &v);

	if (r != RESULT_PASS)
		return r;
	if (!store_operand(s, p, &i->assign.dst, &v))
		return RESULT_UNKNOWN;
	sim_tell(s, p, &e);
	return RESULT_PASS;
}

static enum sim_result run_verdict(const struct inst_verdict *v, const struct ir_chain **target)
{
	*target = v->chain;
	switch ((enum verdict_kind)v->kind) {
	case VERDICT_ACCEPT: return RESULT_ACCEPT;
	case VERDICT_DROP: return RESULT_DROP;
	case VERDICT_RETURN: return RESULT_RETURN;
	case VERDICT_JUMP: return RESULT_JUMP;
	case VERDICT_GOTO: return RESULT_GOTO;
	}
	return RESULT_PASS;
}

/* TCPOPTSTRIP: the option's bytes become NOPs. */
static enum sim_result strip_option(struct sim_packet *p, uint8_t kind)
{
	uint8_t *tcp = p->data + p->thoff;
	uint32_t end, at = 20;

	if (p->fragoff || packet_l4_len(p) < 20)
		return RESULT_PASS;
	end = (tcp[12] >> 4) * 4u;
	if (end > packet_l4_len(p))
		return RESULT_PASS;
	while (at < end) {
		uint32_t len = tcp[at] < 2 || at + 1 >= end ? 1 : tcp[at + 1];

		if (len < 1 || at + len > end)
			break;
		if (tcp[at] == kind && kind >= 2)
			memset(tcp + at, 1, len);
		at += len;
	}
	packet_checksums(p);
	return RESULT_PASS;
}

static enum sim_result reject(struct sim *s, const struct sim_packet *p, const struct inst_reject *r)
{
	bool v6 = p->family == FAMILY_IPV6;

	s->error = (struct sim_error){ .given = true, .reset = r->kind == REJECT_TCP_RESET,
				       .type = v6 ? ICMP6_DST_UNREACH : ICMP_UNREACH, .code = r->code };
	return RESULT_REJECT;
}

enum sim_result exec_inst(struct sim *s, struct sim_packet *p, const struct inst *i,
			  const struct ir_chain **target)
{
	switch ((enum inst_kind)i->kind) {
	case INST_TEST: return run_test(s, p, &i->test);
	case INST_LOOKUP: return state_in_set(s, p, &i->lookup);
	case INST_NEED_HEADER: return need_header(s, p, &i->need_header);
	case INST_LIMIT: return state_limit(s, p, i, &i->limit);
	case INST_QUOTA: return state_quota(s, p, i, &i->quota);
	case INST_CONNLIMIT: return state_connlimit(s, p, i, &i->connlimit);
	case INST_DYNSET: return state_dynset(s, p, &i->dynset);
	case INST_OBJREF: return state_object(s, p, i->objref.object);
	case INST_COUNTER: return RESULT_PASS;
	case INST_LOG: return RESULT_PASS;
	case INST_ASSIGN: return run_assign(s, p, i);
	case INST_NAT: return nat_target(s, p, i);
	case INST_REJECT: return reject(s, p, &i->reject);
	case INST_TPROXY:
		sim_note(s, p, EVENT_NOTE, "nothing is known to listen where TPROXY leads: the packet is dropped");
		return RESULT_DROP;
	case INST_QUEUE: return RESULT_QUEUE;
	case INST_DUP:
		sim_note(s, p, EVENT_NOTE, "a copy is sent to the gateway, and not followed further");
		return RESULT_PASS;
	case INST_SYNPROXY: return RESULT_STOLEN;
	case INST_NOTRACK:
		if (!p->ct_state)
			p->ct_state = PACKET_STATE_UNTRACKED;
		return RESULT_PASS;
	case INST_TCPOPT_STRIP: return strip_option(p, i->tcpopt_strip.kind);
	case INST_VERDICT: return run_verdict(&i->verdict, target);
	case INST_COMPAT: return RESULT_UNKNOWN;
	case INST_OPAQUE: return run_opaque(s, p, &i->opaque);
	case INST_COUNT: break;
	}
	return RESULT_UNKNOWN;
}
