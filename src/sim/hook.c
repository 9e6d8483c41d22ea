/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * hook: what netfilter runs at one hook, in order of priority: defragmentation (-400), raw, connection
 * tracking (-200), mangle, nat, filter, security, and the confirmation of new connections at the end.
 *
 * mangle OUTPUT routes the packet again when it changed what routing looks at (ipt_mangle_out(),
 * ip6t_mangle_out()); nat OUTPUT when the destination changed (nf_nat_ipv4_local_fn()).
 */
#include "sim/sim.h"

#include "sim/conn.h"
#include "sim/frag.h"
#include "sim/nat.h"
#include "sim/path.h"

static const char *ct_text(const struct sim_packet *p)
{
	switch (p->ct_state) {
	case PACKET_STATE_NEW: return "NEW";
	case PACKET_STATE_ESTABLISHED: return p->reply_dir ? "ESTABLISHED (a reply)" : "ESTABLISHED";
	case PACKET_STATE_RELATED: return "RELATED";
	case PACKET_STATE_UNTRACKED: return "UNTRACKED";
	default: return "INVALID";
	}
}

static enum sim_result defrag(struct sim *s, struct sim_packet *p, enum hook_id h)
{
	enum sim_result r;

	if (!s->ir->defrag && !s->ct_on)
		return RESULT_ACCEPT;
	r = frag_gather(s, p, h);
	if (r == RESULT_PASS)
		return RESULT_ACCEPT;
	s->why = r == RESULT_DROP ? "the fragments contradict each other" : "a fragment waits for the others";
	return r;
}

static enum sim_result conntrack(struct sim *s, struct sim_packet *p)
{
	struct sim_event e = { .kind = EVENT_CT, .hook = s->hook };

	if (!s->ct_on)
		return RESULT_ACCEPT;
	if (conn_in(s, p) == RESULT_DROP)
		return RESULT_DROP;
	e.text = ct_text(p);
	sim_tell(s, p, &e);
	return RESULT_ACCEPT;
}

/* What routing looks at. */
struct routed {
	struct addr src, dst;
	uint32_t mark;
	uint8_t tos, ttl;
	uint32_t flow;
};

static struct routed routed(const struct sim_packet *p)
{
	struct routed r = { .mark = p->mark };

	packet_addrs(p, &r.src, &r.dst);
	if (p->family == FAMILY_IPV4) {
		r.tos = p->data[1];
	} else {
		r.flow = get32(p->data);
		r.ttl = p->data[7];
	}
	return r;
}

static enum sim_result rerouted(struct sim *s, struct sim_packet *p)
{
	if (path_reroute(s, p))
		return RESULT_ACCEPT;
	s->why = "routed again, there is no route";
	return RESULT_DROP;
}

static enum sim_result mangle_out(struct sim *s, struct sim_packet *p)
{
	struct routed before = routed(p), after;
	enum sim_result r = chain_run(s, p, TABLE_MANGLE, HOOK_OUTPUT);

	after = routed(p);
	if (r != RESULT_ACCEPT || !memcmp(&before, &after, sizeof(before)))
		return r;
	return rerouted(s, p);
}

static enum sim_result nat(struct sim *s, struct sim_packet *p, enum hook_id h)
{
	enum sim_result r = nat_hook(s, p, h);

	if (r != RESULT_ACCEPT || h != HOOK_OUTPUT || !p->conn)
		return r;
	if (!memcmp(&p->conn->tuple[p->reply_dir].dst, &p->conn->tuple[!p->reply_dir].src,
		    sizeof(struct addr)))
		return r;
	return rerouted(s, p);
}

static enum sim_result confirm(struct sim *s, struct sim_packet *p)
{
	if (conn_confirm(s, p) == RESULT_PASS)
		return RESULT_ACCEPT;
	s->why = "an equal connection is there already";
	return RESULT_DROP;
}

/* The steps of every hook; a table that a hook does not have is passed over by chain_run(). */
enum step { DEFRAG, RAW, CONNTRACK, MANGLE, NAT_DST, FILTER, SECURITY, NAT_SRC, CONFIRM, STEPS };

static bool has_step(enum hook_id h, enum step step)
{
	bool entry = h == HOOK_PREROUTING || h == HOOK_OUTPUT;
	bool leave = h == HOOK_INPUT || h == HOOK_POSTROUTING;

	switch (step) {
	case DEFRAG:
	case RAW:
	case CONNTRACK:
	case NAT_DST: return entry;
	case NAT_SRC:
	case CONFIRM: return leave;
	case MANGLE:
	case FILTER:
	case SECURITY:
	case STEPS: break;
	}
	return true;
}

static enum sim_result run_step(struct sim *s, struct sim_packet *p, enum hook_id h, enum step step)
{
	switch (step) {
	case DEFRAG: return defrag(s, p, h);
	case RAW: return chain_run(s, p, TABLE_RAW, h);
	case CONNTRACK: return conntrack(s, p);
	case MANGLE:
		return h == HOOK_OUTPUT ? mangle_out(s, p) : chain_run(s, p, TABLE_MANGLE, h);
	case NAT_DST:
	case NAT_SRC: return nat(s, p, h);
	case FILTER: return chain_run(s, p, TABLE_FILTER, h);
	case SECURITY: return chain_run(s, p, TABLE_SECURITY, h);
	case CONFIRM: return confirm(s, p);
	case STEPS: break;
	}
	return RESULT_ACCEPT;
}

enum sim_result hook_run(struct sim *s, struct sim_packet *p, enum hook_id h)
{
	s->hook = h;
	for (enum step step = DEFRAG; step < STEPS; step++) {
		enum sim_result r;

		if (!has_step(h, step))
			continue;
		r = run_step(s, p, h, step);
		if (r != RESULT_ACCEPT)
			return r;
	}
	return RESULT_ACCEPT;
}
