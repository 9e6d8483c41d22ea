/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * guard: what a transport match of xtables does besides matching.
 *
 * Requires lowered chains without loops. Establishes: no NEED_HEADER is left; a match on a transport
 * header fails on later fragments, and where a header is truncated the packet is dropped as
 * xtables' hotdrop does (ipt_do_table() returns NF_DROP at once). Breaks: rules may begin with
 * guard clauses, and helper chains appear.
 *
 * A guard is a jump to a helper chain that drops a packet whose header can't be loaded, under the
 * tests that come before the match in its rule. What an unconditional guard has checked holds for
 * the rest of its chain and for the chains called from there, so that most chains need one. What a guard has
 * checked under tests of addresses, interfaces and protocol holds for later rules of its chain that make the same
 * tests: no target changes these within a hook.
 *
 * Where connection tracking is on, IPv4 packets are whole (nf_defrag at priority -400) and fragments
 * need no thought; defragmentation for IPv6 lets those pass as they are that can't be put together
 * (nf_ct_frag6_queue(): -EPROTO, more follow and the length is no multiple of 8), but they have no
 * connection. In nat chains only packets with a valid connection are seen, whose headers
 * nf_conntrack_in() has checked.
 *
 * A target may ask for a header as well. What it drops is not counted by its rule, as it is by xtables.
 *
 * Not kept: a truncated header behind a stateful match of the same rule (limit, recent, …) that
 * precedes the transport match. Asking the state twice would change it.
 */
#include "guard.h"

#include <netinet/in.h>
#include <string.h>

#define KNOWN_MAX   24
#define EARLIER_MAX 8

/* Packets that get here have been checked for this much. */
struct known {
	uint8_t proto;
	uint8_t options;
	bool exthdr, frag1;
	uint16_t bytes;
};

struct facts {
	bool reached;
	bool ext_headers; /* IPv6: the chain of extension headers is whole */
	uint8_t n;
	struct known known[KNOWN_MAX];
};

static bool covered(const struct guard *g, const struct facts *f, const struct inst_need_header *n)
{
	if (guard_needs_chain(n) || (f->ext_headers && n->exthdr && n->proto == NEED_WALK))
		return f->ext_headers;
	for (unsigned i = 0; i < f->n; i++)
		if (f->known[i].proto == n->proto && f->known[i].exthdr == n->exthdr &&
		    f->known[i].bytes >= n->bytes && f->known[i].options >= n->options &&
		    (f->known[i].frag1 || !n->frag1_drops || g->ir->defrag))
			return true;
	return false;
}

static void learn(struct facts *f, const struct inst_need_header *n)
{
	if (guard_needs_chain(n))
		f->ext_headers = true;
	else if (f->n < KNOWN_MAX)
		f->known[f->n++] = (struct known){ n->proto, n->options, n->exthdr,
							 n->frag1_drops, n->bytes };
}

/* Guards that a packet has passed in this chain, the latest of them. */
struct earlier {
	unsigned n;
	struct earlier_guard {
		const struct ir_clause *clause;
		const struct inst_need_header *need;
	} all[EARLIER_MAX];
};

static bool same_operand(const struct operand *a, const struct operand *b)
{
	return a->field == b->field && a->nxf == b->nxf && a->exists == b->exists &&
	       a->raw.base == b->raw.base && a->raw.off == b->raw.off && a->raw.bits == b->raw.bits &&
	       (!a->nxf || !memcmp(a->xf, b->xf, a->nxf * sizeof(*a->xf)));
}

static bool same_test(const struct inst_test *a, const struct inst_test *b)
{
	if (a->op != b->op || a->prefix != b->prefix || a->n != b->n || !same_operand(&a->lhs, &b->lhs))
		return false;
	return a->op < TEST_IN ? !memcmp(&a->value, &b->value, sizeof(a->value))
			       : !memcmp(a->ranges, b->ranges, a->n * sizeof(*a->ranges));
}

static bool is_among(const struct inst_test *t, const struct inst *from, const struct inst *to)
{
	for (; from != to; from = from->next)
		if (from->kind == INST_TEST && same_test(t, &from->test))
			return true;
	return false;
}

/* Has a guard under some of the tests before @to asked for as much? */
static bool asked_before(const struct guard *g, const struct earlier *e, const struct inst *from,
			 const struct inst *to)
{
	for (unsigned i = 0; i < e->n && i < EARLIER_MAX; i++) {
		const struct inst *t = e->all[i].clause->first;
		struct facts f = { .n = 0 };

		learn(&f, e->all[i].need);
		if (!covered(g, &f, &to->need_header))
			continue;
		while (t->kind == INST_TEST && is_among(&t->test, from, to))
			t = t->next;
		if (t->kind == INST_VERDICT)
			return true;
	}
	return false;
}

/* What holds on both ways into a chain. */
static void meet(const struct guard *g, struct facts *to, const struct facts *from)
{
	struct facts both = { .reached = true };

	if (!to->reached) {
		*to = *from;
		to->reached = true;
		return;
	}
	both.ext_headers = to->ext_headers && from->ext_headers;
	for (unsigned i = 0; i < to->n; i++) {
		struct inst_need_header n = { .proto = to->known[i].proto,
					      .bytes = to->known[i].bytes,
					      .options = to->known[i].options,
					      .exthdr = to->known[i].exthdr,
					      .frag1_drops = to->known[i].frag1 };

		if (covered(g, from, &n))
			learn(&both, &n);
	}
	*to = both;
}

/*
 * In nat chains conntrack has looked at these headers first (nf_conntrack_in(), *_error()). Not at
 * DCCP's and UDP-Lite's in every kernel: newer ones track them without looking.
 */
static bool seen_by_conntrack(const struct ir_chain *c, const struct inst_need_header *n)
{
	if (c->table != TABLE_NAT || n->options == NEED_OPTIONS_MSS)
		return false;
	if (n->exthdr)
		return true;
	switch (n->proto) {
	case 0: return !n->bytes;
	case IPPROTO_TCP:
	case IPPROTO_UDP:
	case IPPROTO_SCTP:
	case IPPROTO_ICMP:
	case IPPROTO_ICMPV6: return true;
	default: return false;
	}
}

/* The test that remains in the rule: not a later fragment. */
static struct inst *fragment_test(struct guard *g, const struct inst *need)
{
	struct inst *t = inst_new(g->ir->arena, INST_TEST, need->at);

	if (g->ir->family == FAMILY_IPV4) {
		t->test.lhs = guard_frag_offset(g);
		t->test.op = TEST_EQ;
	} else {
		/* "No fragment header, or offset 0" in one test: a load of three bytes does not
		 * take nft_payload_fast_eval()'s way and fails on later fragments
		 * (nft_payload_eval() looks at pkt->fragoff). */
		t->test.lhs = operand_raw(BASE_TH, 0, 24);
		t->test.op = TEST_GE;
	}
	return t;
}

/* fragment_test() made this one. The chain that a guard jumps to makes it, too. */
static bool is_fragment_test(const struct guard *g, const struct inst *i)
{
	const struct operand *o = &i->test.lhs;

	if (g->ir->family == FAMILY_IPV4)
		return i->test.op == TEST_EQ && o->field == FIELD_IP_FRAG_OFF && o->nxf == 1 &&
		       o->xf->op == XFORM_AND && value_get(&o->xf->value, 2) == FRAG_OFFSET_MASK &&
		       !value_get(&i->test.value, 2);
	return i->test.op == TEST_GE && o->field == FIELD_RAW_PAYLOAD && o->raw.base == BASE_TH &&
	       !o->raw.off && o->raw.bits == 24;
}

/* Tests that a guard may repeat; and is the guard then unconditional but for the protocol? */
static bool repeatable(const struct guard *g, const struct inst *from, const struct inst *to,
		       bool *conditional)
{
	*conditional = false;
	for (const struct inst *i = from; i != to; i = i->next) {
		if (i->kind == INST_NEED_HEADER || i->kind == INST_COUNTER)
			continue;
		if (i->kind == INST_LOOKUP) {
			*conditional = true;
			continue;
		}
		if (i->kind != INST_TEST || i->test.lhs.field == FIELD_NUMGEN_INC ||
		    i->test.lhs.field == FIELD_NUMGEN_RANDOM || i->test.lhs.field == FIELD_META_RANDOM)
			return false;
		if ((i->test.lhs.field != FIELD_META_L4PROTO || i->test.op != TEST_EQ) &&
		    !is_fragment_test(g, i))
			*conditional = true;
	}
	return true;
}

static bool has_fragment_test(const struct guard *g, const struct inst *from, const struct inst *to)
{
	for (const struct inst *i = from; i != to; i = i->next)
		if (i->kind == INST_TEST && is_fragment_test(g, i))
			return true;
	return false;
}

/* Does the test have the same answer in all rules of a chain? */
static bool is_steady(const struct guard *g, const struct inst *i)
{
	switch ((int)i->test.lhs.field) {
	case FIELD_META_IIFNAME:
	case FIELD_META_OIFNAME:
	case FIELD_META_L4PROTO:
	case FIELD_IP_SADDR:
	case FIELD_IP_DADDR:
	case FIELD_IP6_SADDR:
	case FIELD_IP6_DADDR: return true;
	default: return is_fragment_test(g, i);
	}
}

static void note_guard(const struct guard *g, struct earlier *e, const struct ir_clause *k,
		       const struct inst_need_header *need)
{
	const struct inst *i = k->first;

	while (i->kind == INST_TEST && is_steady(g, i))
		i = i->next;
	if (i->kind == INST_VERDICT)
		e->all[e->n++ % EARLIER_MAX] = (struct earlier_guard){ k, need };
}

static struct ir_clause *guard_clause(struct guard *g, struct ir_chain *c, struct inst *from,
				      struct inst *need)
{
	struct ir_clause *k = ARENA_NEW(g->ir->arena, struct ir_clause);
	struct inst *v = inst_new(g->ir->arena, INST_VERDICT, need->at);

	k->last = &k->first;
	k->guard = true;
	for (struct inst *i = from; i != need; i = i->next)
		if (i->kind == INST_TEST || i->kind == INST_LOOKUP)
			ir_append(k, inst_copy(g->ir->arena, i));
	v->verdict.kind = VERDICT_JUMP;
	v->verdict.chain = guard_chain(g, c, &need->need_header);
	ir_edge_add(g->ir, c, v->verdict.chain, need->at);
	ir_append(k, v);
	return k;
}

static void refuse_fragments(struct guard *g, struct ir_rule *r, const struct inst *need)
{
	if (r->refused) /* for another clause of the rule */
		return;
	r->refused = true;
	g->ir->nrefused++;
	diag_add(g->ir->diags, IPTC2NFT_SEV_UNSUPPORTED, need->at, NEED_FRAGMENTS_REASON);
}

/* Expand one clause; guards it needs are put before the rule's clauses, through *guards. */
static void expand_clause(struct guard *g, struct ir_chain *c, struct ir_rule *r,
			  struct ir_clause *k, struct facts *f, struct earlier *e,
			  struct ir_clause ***guards)
{
	struct facts here = { 0 }; /* what this clause has asked for itself */

	for (struct inst **p = &k->first, *i; (i = *p);) {
		bool conditional;

		if (i->kind != INST_NEED_HEADER) {
			p = &i->next;
			continue;
		}
		if (i->need_header.fragments && !guard_whole_packets(g, c))
			refuse_fragments(g, r, i);
		if (g->ir->hotdrop == IPTC2NFT_HOTDROP_EXACT && i->need_header.hotdrop &&
		    !seen_by_conntrack(c, &i->need_header) && !covered(g, f, &i->need_header) &&
		    !covered(g, &here, &i->need_header) && !asked_before(g, e, k->first, i) &&
		    repeatable(g, k->first, i, &conditional)) {
			struct ir_clause *guard = guard_clause(g, c, k->first, i);

			guard->next = **guards;
			**guards = guard;
			*guards = &guard->next;
			learn(&here, &i->need_header);
			if (conditional)
				note_guard(g, e, guard, &i->need_header);
			else
				learn(f, &i->need_header);
		}

		struct inst *next = i->next;

		if (!guard_whole_packets(g, c) && !i->need_header.exthdr &&
		    (i->need_header.proto || i->need_header.bytes) &&
		    !has_fragment_test(g, k->first, i)) {
			struct inst *t = fragment_test(g, i);

			t->next = next;
			*p = t;
			p = &t->next;
		} else {
			*p = next;
		}
		if (!next)
			k->last = p;
	}
}

static void expand_chain(struct guard *g, struct ir_chain *c)
{
	struct facts f = g->facts[c->id];
	struct earlier e = { .n = 0 };
	bool calls = c->calls || !c->src;

	for (struct ir_rule *r = c->rules; r; r = r->next) {
		struct ir_clause **guards = &r->clauses;

		IR_PREFETCH(r);
		for (struct ir_clause *k = r->clauses; k; k = k->next)
			expand_clause(g, c, r, k, &f, &e, &guards);
		if (*guards == NULL)
			r->last = guards;
		for (struct ir_clause *k = calls ? r->clauses : NULL; k; k = k->next)
			for (struct inst *i = k->first; i; i = i->next)
				if (i->kind == INST_VERDICT && i->verdict.chain &&
				    i->verdict.chain->id < g->nfacts)
					meet(g, &g->facts[i->verdict.chain->id], &f);
	}
}

/* Does the instruction turn connection tracking, or defragmentation, on when it is loaded? */
static bool defragments(const struct inst *i)
{
	const struct field_info *f;

	switch ((enum inst_kind)i->kind) {
	case INST_TEST:
		f = &field_table[i->test.lhs.field];
		return f->kind == KIND_CT;
	case INST_ASSIGN:
		f = &field_table[i->assign.dst.field];
		if (f->kind == KIND_CT)
			return true;
		return i->assign.from == ASSIGN_OPERAND &&
		       field_table[i->assign.src.field].kind == KIND_CT;
	case INST_DYNSET:
		for (const struct inst *e = i->dynset.exprs; e; e = e->next)
			if (e->kind == INST_CONNLIMIT)
				return true;
		return false;
	case INST_OBJREF: return i->objref.object->kind == OBJECT_CT_HELPER;
	case INST_CONNLIMIT:
	case INST_NAT:
	case INST_TPROXY: /* nft_tproxy_init(): nf_defrag_ipv4_enable() */
	case INST_SYNPROXY: return true;
	case INST_LOOKUP:
		for (unsigned k = 0; k < i->lookup.nkey; k++)
			if (field_table[i->lookup.key[k].field].kind == KIND_CT)
				return true;
		return false;
	case INST_NEED_HEADER:
	case INST_LIMIT:
	case INST_QUOTA:
	case INST_COUNTER:
	case INST_LOG:
	case INST_REJECT:
	case INST_QUEUE:
	case INST_DUP:
	case INST_NOTRACK: /* nft_notrack and xt_CT --notrack alike leave it off */
	case INST_TCPOPT_STRIP:
	case INST_VERDICT:
	case INST_COMPAT:
	case INST_OPAQUE:
	case INST_COUNT: break;
	}
	return false;
}

bool ir_defragments(const struct ir *ir)
{
	for (const struct ir_chain *c = ir->chains; c; c = c->next)
		for (const struct ir_rule *r = c->rules; r; r = r->next)
			for (const struct ir_clause *k = r->clauses; k; k = k->next)
				for (const struct inst *i = k->first; i; i = i->next)
					if (defragments(i))
						return true;
	return false;
}

void guard_expand(struct ir *ir)
{
	struct lower l = { .arena = ir->arena, .ir = ir, .rs = ir->rs, .family = ir->family,
			   .branch = -1 };
	struct guard g = { .ir = ir, .l = &l, .nfacts = ir->nchains };
	uint32_t n = ir->nchains;
	struct ir_chain **order;

	ir_edges_find(ir);
	order = ir_callers_first(ir);
	g.facts = arena_array(ir->arena, n + 1u, sizeof(*g.facts));
	for (uint32_t i = 0; i < n && order[i]; i++)
		expand_chain(&g, order[i]);
}
