/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * conn: the connection table and a packet's place in it.
 *
 * nf_conntrack_in() and __nf_conntrack_confirm() of net/netfilter/nf_conntrack_core.c. A connection
 * enters the table when its first packet has passed all hooks; until then nobody else sees it.
 */
#include "sim/conn.h"

#include <netinet/in.h>
#include <linux/netfilter/nf_conntrack_common.h>
#include "ext.h"

#define BUCKETS_FIRST 1024

struct conn_table {
	struct arena *arena;
	struct conn_link **buckets;
	struct conn **sources; /* by the source of the first packet */
	uint32_t nbuckets, used;
	struct conn *free;
};

static bool operand_wants(const struct operand *o)
{
	return field_table[o->field].kind == KIND_CT;
}

/* A target or match that asks for connection tracking when it is loaded (nf_ct_netns_get()). */
static bool inst_wants(const struct inst *i)
{
	switch ((enum inst_kind)i->kind) {
	case INST_TEST: return operand_wants(&i->test.lhs);
	case INST_ASSIGN:
		return operand_wants(&i->assign.dst) ||
		       (i->assign.from == ASSIGN_OPERAND && operand_wants(&i->assign.src));
	case INST_OBJREF: return i->objref.object->kind == OBJECT_CT_HELPER;
	case INST_DYNSET:
		for (const struct inst *e = i->dynset.exprs; e; e = e->next)
			if (e->kind == INST_CONNLIMIT)
				return true;
		return false;
	case INST_LOOKUP:
		for (unsigned k = 0; k < i->lookup.nkey; k++)
			if (operand_wants(&i->lookup.key[k]))
				return true;
		return false;
	case INST_CONNLIMIT:
	case INST_NAT:
	case INST_SYNPROXY: return true;
	case INST_NEED_HEADER:
	case INST_LIMIT:
	case INST_QUOTA:
	case INST_COUNTER:
	case INST_LOG:
	case INST_REJECT:
	case INST_TPROXY:
	case INST_QUEUE:
	case INST_DUP:
	case INST_NOTRACK:
	case INST_TCPOPT_STRIP:
	case INST_VERDICT:
	case INST_COMPAT:
	case INST_OPAQUE:
	case INST_COUNT: break;
	}
	return false;
}

/* By name, since a rule may have been lowered without a trace of what turns tracking on. */
static bool rule_wants(const struct rule_spec *s)
{
	static const char *const names[] = { "conntrack", "state", "connmark", "connbytes",
					     "connlimit", "connlabel", "helper", "cluster",
					     "CONNMARK", "CONNSECMARK", "MASQUERADE", "SNAT", "DNAT",
					     "REDIRECT", "NETMAP", "SYNPROXY", "CLUSTERIP" };

	for (unsigned i = 0; s && i < sizeof(names) / sizeof(*names); i++) {
		for (unsigned m = 0; m < s->nmatches; m++)
			if (!strcmp(s->matches[m].ext->name, names[i]))
				return true;
		if (s->target == TARGET_EXT && !strcmp(s->ext_target.ext->name, names[i]))
			return true;
	}
	return false;
}

bool conn_wanted(const struct ir *ir)
{
	for (const struct ir_chain *c = ir->chains; c; c = c->next)
		for (const struct ir_rule *r = c->rules; r; r = r->next) {
			if (r->rule && rule_wants(r->rule->spec))
				return true;
			for (const struct ir_clause *k = r->clauses; k; k = k->next)
				for (const struct inst *i = k->first; i; i = i->next)
					if (inst_wants(i))
						return true;
		}
	return false;
}

struct conn_table *conn_table_new(struct arena *a)
{
	struct conn_table *t = ARENA_NEW(a, struct conn_table);

	t->arena = a;
	t->nbuckets = BUCKETS_FIRST;
	t->buckets = arena_array(a, t->nbuckets, sizeof(struct conn_link *));
	t->sources = arena_array(a, t->nbuckets, sizeof(struct conn *));
	return t;
}

static uint32_t hash(const struct tuple *t)
{
	const uint8_t *b[] = { t->src.b, t->dst.b };
	uint64_t h = t->proto * 0x9e3779b97f4a7c15u + ((uint64_t)t->sport << 16 | t->dport) +
		     ((uint64_t)t->zone << 40);

	for (unsigned k = 0; k < 2; k++)
		for (unsigned i = 0; i < 16; i += 4)
			h = (h ^ get32(b[k] + i)) * 0xff51afd7ed558ccdu;
	return (uint32_t)(h >> 32);
}

bool tuple_equal(const struct tuple *a, const struct tuple *b)
{
	return a->proto == b->proto && a->family == b->family && a->sport == b->sport &&
	       a->dport == b->dport && a->zone == b->zone && !memcmp(&a->src, &b->src, 16) &&
	       !memcmp(&a->dst, &b->dst, 16);
}

static struct conn_link **bucket(struct conn_table *t, const struct tuple *k)
{
	return &t->buckets[hash(k) & (t->nbuckets - 1)];
}

static void unlink_dir(struct conn_table *t, struct conn *c, unsigned d)
{
	struct conn_link **p = bucket(t, &c->tuple[d]);

	while (*p && *p != &c->link[d])
		p = &(*p)->next;
	if (*p)
		*p = c->link[d].next;
}

static void link_dir(struct conn_table *t, struct conn *c, unsigned d)
{
	struct conn_link **p = bucket(t, &c->tuple[d]);

	c->link[d] = (struct conn_link){ .next = *p, .conn = c, .reply = d };
	*p = &c->link[d];
}

static struct conn **source(struct conn_table *t, const struct tuple *k)
{
	struct tuple only = { .src = k->src, .sport = k->sport, .proto = k->proto, .zone = k->zone };

	return &t->sources[hash(&only) & (t->nbuckets - 1)];
}

static void link_source(struct conn_table *t, struct conn *c)
{
	struct conn **p = source(t, &c->tuple[0]);

	c->next_source = *p;
	*p = c;
}

static void unlink_source(struct conn_table *t, struct conn *c)
{
	struct conn **p = source(t, &c->tuple[0]);

	while (*p && *p != c)
		p = &(*p)->next_source;
	if (*p)
		*p = c->next_source;
}

static void grow(struct conn_table *t)
{
	struct conn_link **old = t->buckets;
	struct conn **old_sources = t->sources;
	uint32_t n = t->nbuckets;

	t->nbuckets *= 2;
	t->buckets = arena_array(t->arena, t->nbuckets, sizeof(struct conn_link *));
	t->sources = arena_array(t->arena, t->nbuckets, sizeof(struct conn *));
	for (uint32_t i = 0; i < n; i++) {
		for (struct conn_link *l = old[i], *next; l; l = next) {
			next = l->next;
			link_dir(t, l->conn, l->reply);
		}
		for (struct conn *c = old_sources[i], *next; c; c = next) {
			next = c->next_source;
			link_source(t, c);
		}
	}
}

static void forget(struct conn_table *t, struct conn *c)
{
	c->next_free = t->free;
	t->free = c;
}

void conn_kill(struct sim *s, struct conn *c)
{
	if (!c->confirmed || c->status & IPS_DYING)
		return;
	unlink_dir(s->conns, c, 0);
	unlink_dir(s->conns, c, 1);
	unlink_source(s->conns, c);
	c->status |= IPS_DYING;
	s->conns->used--;
	forget(s->conns, c);
}

struct conn *conn_find(struct sim *s, const struct tuple *t, bool *reply)
{
	for (struct conn_link *l = *bucket(s->conns, t), *next; l; l = next) {
		next = l->next;
		if (!tuple_equal(&l->conn->tuple[l->reply], t))
			continue;
		if (l->conn->expires_ms <= s->now_ms) {
			conn_kill(s, l->conn);
			return NULL;
		}
		*reply = l->reply;
		return l->conn;
	}
	return NULL;
}

void conn_same_source(struct sim *s, const struct tuple *t,
		      bool (*f)(const struct conn *c, void *arg), void *arg)
{
	for (const struct conn *c = *source(s->conns, t); c; c = c->next_source) {
		const struct tuple *o = &c->tuple[0];

		if (c->status & IPS_SRC_NAT_DONE && o->proto == t->proto && o->sport == t->sport &&
		    o->zone == t->zone && !memcmp(&o->src, &t->src, sizeof(o->src)) &&
		    c->expires_ms > s->now_ms && f(c, arg))
			return;
	}
}

struct conn *conn_new(struct sim *s, const struct tuple *t)
{
	struct conn_table *table = s->conns;
	struct tuple reply;
	struct conn *c = table->free;

	if (!conn_invert(t, &reply))
		return NULL;
	if (c)
		table->free = c->next_free;
	else
		c = ARENA_NEW(table->arena, struct conn);
	memset(c, 0, sizeof(*c));
	c->tuple[0] = *t;
	c->tuple[1] = reply;
	return c;
}

static void set_state(struct sim_packet *p, struct conn *c, bool reply, uint8_t state)
{
	p->conn = c;
	p->reply_dir = reply;
	p->ct_state = state;
}

/* resolve_normal_ct(); false: the packet belongs to no connection and can't begin one. */
static bool resolve(struct sim *s, struct sim_packet *p, bool *fresh)
{
	struct tuple t;
	struct conn *c;
	bool reply = false;

	if (!conn_tuple(p, &t))
		return false;
	c = conn_find(s, &t, &reply);
	*fresh = !c;
	if (!c)
		c = conn_new(s, &t);
	if (!c)
		return false;
	set_state(p, c, reply,
		  reply || c->status & IPS_SEEN_REPLY ? PACKET_STATE_ESTABLISHED
		  : c->status & IPS_EXPECTED	      ? PACKET_STATE_RELATED
						      : PACKET_STATE_NEW);
	return true;
}

/* packet.spec's state= and ctmark= replace what the table says. */
static void force(struct sim *s, struct sim_packet *p)
{
	struct tuple t;

	if (p->forced_state) {
		p->ct_state = p->forced_state;
		if (p->ct_state == PACKET_STATE_INVALID || p->ct_state == PACKET_STATE_UNTRACKED)
			p->conn = NULL;
		else if (!p->conn && conn_tuple(p, &t))
			p->conn = conn_new(s, &t);
		if (p->conn && p->ct_state == PACKET_STATE_ESTABLISHED)
			p->conn->status |= IPS_SEEN_REPLY;
	}
	if (p->has_forced_mark && p->conn) {
		p->conn->mark = p->forced_mark;
		p->conn->mark_unknown = false;
	}
}

static enum sim_result track(struct sim *s, struct sim_packet *p)
{
	bool fresh = false;
	enum sim_result r;

	if (p->ct_state) /* untracked, or seen before over lo */
		return RESULT_PASS;
	p->ct_state = PACKET_STATE_INVALID;
	if (!p->whole || p->fragoff || (p->family == FAMILY_IPV6 && p->l4proto == IPPROTO_NONE))
		return RESULT_PASS;
	if (p->l4proto == IPPROTO_ICMP || p->l4proto == IPPROTO_ICMPV6) {
		r = conn_icmp_error(s, p);
		if (r != RESULT_PASS || p->conn || p->ct_state == PACKET_STATE_UNTRACKED)
			return RESULT_PASS;
	}
	for (int again = 0; again < 2; again++) {
		if (!resolve(s, p, &fresh))
			return RESULT_PASS;
		r = conn_proto_packet(s, p, p->conn, p->reply_dir, fresh);
		if (r == RESULT_PASS) {
			if (p->reply_dir)
				p->conn->status |= IPS_SEEN_REPLY;
			p->conn->packets[p->reply_dir]++;
			p->conn->bytes[p->reply_dir] += p->len;
			p->ct_new = fresh;
			return RESULT_PASS;
		}
		if (fresh)
			forget(s->conns, p->conn);
		set_state(p, NULL, false, PACKET_STATE_INVALID);
		if (r != RESULT_RETURN) /* RETURN: a closed connection is reopened, look again */
			return r == RESULT_DROP ? r : RESULT_PASS;
	}
	return RESULT_PASS;
}

enum sim_result conn_in(struct sim *s, struct sim_packet *p)
{
	enum sim_result r = track(s, p);

	if (p->forced_state || p->has_forced_mark)
		force(s, p);
	if (p->conn && p->shows_socket)
		p->conn->socket = true;
	return r;
}

/* A connection of the same tuple got in first, which can only happen through NAT. */
static bool clashes(struct sim *s, const struct conn *c)
{
	bool reply;

	return conn_find(s, &c->tuple[0], &reply) || conn_find(s, &c->tuple[1], &reply);
}

enum sim_result conn_confirm(struct sim *s, struct sim_packet *p)
{
	struct conn *c = p->conn;

	if (!c || c->confirmed || p->reply_dir)
		return RESULT_PASS;
	if (c->status & IPS_DYING || clashes(s, c))
		return RESULT_DROP;
	c->confirmed = true;
	c->status |= IPS_CONFIRMED;
	if (++s->conns->used * 2 > s->conns->nbuckets)
		grow(s->conns);
	link_dir(s->conns, c, 0);
	link_dir(s->conns, c, 1);
	link_source(s->conns, c);
	return RESULT_PASS;
}

void conn_leave(struct sim *s, struct sim_packet *p)
{
	if (p->conn && !p->conn->confirmed)
		forget(s->conns, p->conn);
	p->conn = NULL;
}
