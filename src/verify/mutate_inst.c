/* SPDX-License-Identifier: GPL-2.0-or-later */
/* mutate_inst: one instruction, set or object with one mistake. */
#include "verify/mutate.h"

#include <string.h>

/* One more, in the last byte that has room. */
static void bump(uint8_t *b, unsigned bytes)
{
	b[bytes - 1] = (uint8_t)(b[bytes - 1] == 0xff ? 0xfe : b[bytes - 1] + 1);
}

static void lower_by_one(uint8_t *b, unsigned bytes)
{
	b[bytes - 1] = (uint8_t)(b[bytes - 1] ? b[bytes - 1] - 1 : 1);
}

static void bump_text(struct value *v, unsigned len)
{
	unsigned n = 0;

	while (n < 15 && v->b[n] && (!len || n < len))
		n++;
	if (n)
		v->b[n - 1] = v->b[n - 1] == 'x' ? 'y' : 'x';
}

static struct xform *own_xforms(struct mutator *m, struct operand *o)
{
	struct xform *x = arena_array(m->arena, o->nxf, sizeof(*x));

	memcpy(x, o->xf, o->nxf * sizeof(*x));
	o->xf = x;
	return x;
}

static int lowest_bit(const struct value *v, unsigned bytes)
{
	for (int i = (int)bytes * 8; i-- > 0;)
		if (v->b[i / 8] >> (7 - i % 8) & 1)
			return i;
	return -1;
}

static void flip(struct value *v, int bit)
{
	v->b[bit / 8] ^= (uint8_t)(0x80 >> bit % 8);
}

static void operand(struct mutator *m, struct operand *o)
{
	unsigned bytes = operand_bytes(o);

	for (unsigned k = 0; k < o->nxf; k++) {
		int bit = o->xf[k].op == XFORM_AND || o->xf[k].op == XFORM_XOR
				  ? lowest_bit(&o->xf[k].value, bytes) : -1;

		if (o->xf[k].op == XFORM_AND && bit >= 0 && mutate_here(m, "mask loses its last bit"))
			flip(&own_xforms(m, o)[k].value, bit);
		if (o->xf[k].op == XFORM_AND && bit >= 0 && bit + 1 < (int)bytes * 8 &&
		    mutate_here(m, "mask gets one bit more"))
			flip(&own_xforms(m, o)[k].value, bit + 1);
		if (o->xf[k].op == XFORM_XOR && mutate_here(m, "xor with another value"))
			flip(&own_xforms(m, o)[k].value, bit >= 0 ? bit : (int)bytes * 8 - 1);
		if (o->xf[k].op >= XFORM_SHL && mutate_here(m, "shift by one bit more"))
			own_xforms(m, o)[k].shift++;
	}
	if (o->dir == DIR_ORIGINAL && mutate_here(m, "the reply's direction"))
		o->dir = DIR_REPLY;
	else if (o->dir == DIR_REPLY && mutate_here(m, "the original direction"))
		o->dir = DIR_ORIGINAL;
}

/* The other of two fields that are easily confused. */
static void field(struct mutator *m, struct operand *o)
{
	static const uint8_t pairs[][2] = {
		{ FIELD_IP_SADDR, FIELD_IP_DADDR },   { FIELD_IP6_SADDR, FIELD_IP6_DADDR },
		{ FIELD_TCP_SPORT, FIELD_TCP_DPORT }, { FIELD_UDP_SPORT, FIELD_UDP_DPORT },
		{ FIELD_TH_SPORT, FIELD_TH_DPORT },   { FIELD_META_IIFNAME, FIELD_META_OIFNAME },
		{ FIELD_META_SKUID, FIELD_META_SKGID }, { FIELD_META_MARK, FIELD_CT_MARK },
	};

	for (unsigned i = 0; i < sizeof(pairs) / sizeof(*pairs); i++)
		for (unsigned k = 0; k < 2; k++)
			if (o->field == pairs[i][k] &&
			    mutate_here(m, "%s instead", field_table[pairs[i][!k]].nft)) {
				o->field = pairs[i][!k];
				return;
			}
}

static struct value_range *own_ranges(struct mutator *m, struct inst_test *t)
{
	struct value_range *r = arena_array(m->arena, t->n, sizeof(*r));

	memcpy(r, t->ranges, t->n * sizeof(*r));
	t->ranges = r;
	return r;
}

static void ranges(struct mutator *m, struct inst_test *t)
{
	unsigned bytes = operand_bytes(&t->lhs);

	for (uint32_t i = 0; i < t->n; i++) {
		bool one = !memcmp(&t->ranges[i].lo, &t->ranges[i].hi, bytes);

		if (t->n > 1 && mutate_here(m, "range %u of %u lost", i + 1, t->n)) {
			struct value_range *r = own_ranges(m, t);

			memmove(r + i, r + i + 1, (t->n - i - 1) * sizeof(*r));
			t->n--;
			return;
		}
		if (!one && mutate_here(m, "range begins one later"))
			bump(own_ranges(m, t)[i].lo.b, bytes);
		if (mutate_here(m, "range ends one later"))
			bump(own_ranges(m, t)[i].hi.b, bytes);
		if (!one && mutate_here(m, "range ends one earlier"))
			lower_by_one(own_ranges(m, t)[i].hi.b, bytes);
	}
}

static void test(struct mutator *m, struct inst_test *t)
{
	static const uint8_t opposite[] = { [TEST_EQ] = TEST_NE, [TEST_NE] = TEST_EQ,
					    [TEST_LT] = TEST_GE, [TEST_GT] = TEST_LE,
					    [TEST_LE] = TEST_GT, [TEST_GE] = TEST_LT,
					    [TEST_IN] = TEST_NOTIN, [TEST_NOTIN] = TEST_IN };
	static const uint8_t near[] = { [TEST_EQ] = TEST_EQ, [TEST_NE] = TEST_NE,
					[TEST_LT] = TEST_LE, [TEST_GT] = TEST_GE,
					[TEST_LE] = TEST_LT, [TEST_GE] = TEST_GT,
					[TEST_IN] = TEST_IN, [TEST_NOTIN] = TEST_NOTIN };
	bool text = field_table[t->lhs.field].order == ORDER_TEXT;

	if (mutate_here(m, "test negated"))
		t->op = opposite[t->op];
	else if (near[t->op] != t->op && mutate_here(m, "comparison without (or with) its edge"))
		t->op = near[t->op];
	if (t->op >= TEST_IN) {
		ranges(m, t);
	} else if (text) {
		if (mutate_here(m, "another text"))
			bump_text(&t->value, t->prefix);
		if (t->prefix > 1 && mutate_here(m, "prefix one shorter"))
			t->prefix--;
	} else if (mutate_here(m, "another value")) {
		bump(t->value.b, operand_bytes(&t->lhs));
	}
	operand(m, &t->lhs);
	field(m, &t->lhs);
}

static void limit(struct mutator *m, struct inst_limit *l)
{
	if (mutate_here(m, "sixty times the rate"))
		l->rate *= 60;
	if (mutate_here(m, "burst one more"))
		l->burst++;
	if (l->burst > 1 && mutate_here(m, "burst one less"))
		l->burst--;
	if (mutate_here(m, "over turned round"))
		l->over = !l->over;
}

static void quota(struct mutator *m, struct inst_quota *q)
{
	if (mutate_here(m, "half the quota"))
		q->bytes /= 2;
	if (mutate_here(m, "over turned round"))
		q->over = !q->over;
}

static void connlimit(struct mutator *m, struct inst_connlimit *c)
{
	if (mutate_here(m, "one connection more"))
		c->count++;
	if (mutate_here(m, "over turned round"))
		c->over = !c->over;
}

static void dynset(struct mutator *m, struct inst_dynset *d)
{
	if (mutate_here(m, "invert turned round"))
		d->invert = !d->invert;
	if (d->op != DYNSET_DELETE && mutate_here(m, "add and update confused"))
		d->op = d->op == DYNSET_ADD ? DYNSET_UPDATE : DYNSET_ADD;
	if (d->timeout && mutate_here(m, "half the timeout"))
		d->timeout /= 2;
	for (struct inst *i = d->exprs; i; i = i->next)
		mutate_inst(m, i);
}

static void log_inst(struct mutator *m, struct inst_log *l)
{
	if (mutate_here(m, "another prefix"))
		l->prefix = arena_printf(m->arena, "%.60sx", l->prefix);
	if (l->nflog) {
		if (mutate_here(m, "another group"))
			l->group++;
		if (l->has_snaplen && mutate_here(m, "no snaplen"))
			l->has_snaplen = false;
		return;
	}
	if (mutate_here(m, "another level"))
		l->level = l->level == 4 ? 5 : 4;
	if (mutate_here(m, "another log flag"))
		l->flags ^= 1;
}

static void assign(struct mutator *m, struct inst_assign *a)
{
	unsigned bytes = operand_bytes(&a->dst);

	if (a->from == ASSIGN_VALUE && mutate_here(m, "another value"))
		bump(a->value.b, bytes);
	if (a->from == ASSIGN_OPERAND)
		operand(m, &a->src);
	if (a->from == ASSIGN_MAP && a->nentries && mutate_here(m, "map entry lost"))
		a->nentries--;
	field(m, &a->dst);
}

static void nat(struct mutator *m, struct inst_nat *n)
{
	unsigned bytes = m->ir->family == FAMILY_IPV6 ? 16 : 4;

	if (n->has_addr) {
		if (mutate_here(m, "another address")) {
			bump(n->addr_lo.b, bytes);
			bump(n->addr_hi.b, bytes);
		}
		if (memcmp(&n->addr_lo, &n->addr_hi, bytes) != 0 &&
		    mutate_here(m, "only the first address"))
			n->addr_hi = n->addr_lo;
	}
	if (n->has_port) {
		if (mutate_here(m, "ports one higher")) {
			n->port_lo++;
			n->port_hi++;
		}
		if (n->has_addr && mutate_here(m, "ports lost"))
			n->has_port = false;
		if (n->port_lo != n->port_hi && mutate_here(m, "only the first port"))
			n->port_hi = n->port_lo;
	}
	if (n->nport_map > 1 && mutate_here(m, "an entry of the ports' map lost"))
		n->nport_map--;
	if (n->kind == NAT_SNAT && n->has_addr && mutate_here(m, "masquerade")) {
		n->kind = NAT_MASQUERADE;
		n->has_addr = false;
	}
	if (n->kind == NAT_DNAT && n->has_addr && n->has_port && mutate_here(m, "redirect")) {
		n->kind = NAT_REDIRECT;
		n->has_addr = false;
	}
	if (n->flags & NAT_NETMAP && mutate_here(m, "netmap lost"))
		n->flags &= (uint8_t)~NAT_NETMAP;
}

static void reject(struct mutator *m, struct inst_reject *r)
{
	if (r->kind == REJECT_ICMP) {
		if (mutate_here(m, "another code"))
			r->code = r->code == 1 ? 3 : 1;
	} else if (mutate_here(m, "icmp instead of a reset")) {
		r->kind = REJECT_ICMP;
		r->code = 1;
	}
}

static void verdict(struct mutator *m, struct inst_verdict *v)
{
	static const uint8_t other[] = { [VERDICT_ACCEPT] = VERDICT_DROP, [VERDICT_DROP] = VERDICT_ACCEPT,
					 [VERDICT_RETURN] = VERDICT_ACCEPT, [VERDICT_JUMP] = VERDICT_GOTO,
					 [VERDICT_GOTO] = VERDICT_JUMP };
	static const char *const names[] = { "accept", "drop", "return", "jump", "goto" };

	if (mutate_here(m, "%s for %s", names[other[v->kind]], names[v->kind]))
		v->kind = other[v->kind];
	else if (v->chain && mutate_here(m, "accept for %s", names[v->kind])) {
		v->kind = VERDICT_ACCEPT;
		v->chain = NULL;
	} else if (v->kind == VERDICT_ACCEPT && mutate_here(m, "return for accept")) {
		v->kind = VERDICT_RETURN;
	}
}

static void tproxy(struct mutator *m, struct inst_tproxy *t)
{
	if (t->port && mutate_here(m, "another port"))
		t->port++;
}

static void queue(struct mutator *m, struct inst_queue *q)
{
	if (mutate_here(m, "bypass turned round"))
		q->bypass = !q->bypass;
	if (mutate_here(m, "another queue"))
		q->num++;
}

static void dup(struct mutator *m, struct inst_dup *d)
{
	if (mutate_here(m, "another gateway"))
		bump(d->gateway.b, m->ir->family == FAMILY_IPV6 ? 16 : 4);
}

static void synproxy(struct mutator *m, struct inst_synproxy *s)
{
	if (mutate_here(m, "another mss"))
		s->mss++;
	if (mutate_here(m, "another wscale"))
		s->wscale ^= 1;
}

void mutate_inst(struct mutator *m, struct inst *i)
{
	switch ((enum inst_kind)i->kind) {
	case INST_TEST: test(m, &i->test); break;
	case INST_LOOKUP:
		if (mutate_here(m, "lookup negated"))
			i->lookup.invert = !i->lookup.invert;
		break;
	case INST_LIMIT: limit(m, &i->limit); break;
	case INST_QUOTA: quota(m, &i->quota); break;
	case INST_CONNLIMIT: connlimit(m, &i->connlimit); break;
	case INST_DYNSET: dynset(m, &i->dynset); break;
	case INST_LOG: log_inst(m, &i->log); break;
	case INST_ASSIGN: assign(m, &i->assign); break;
	case INST_NAT: nat(m, &i->nat); break;
	case INST_REJECT: reject(m, &i->reject); break;
	case INST_TPROXY: tproxy(m, &i->tproxy); break;
	case INST_QUEUE: queue(m, &i->queue); break;
	case INST_DUP: dup(m, &i->dup); break;
	case INST_SYNPROXY: synproxy(m, &i->synproxy); break;
	case INST_TCPOPT_STRIP:
		if (mutate_here(m, "another option"))
			i->tcpopt_strip.kind++;
		break;
	case INST_VERDICT: verdict(m, &i->verdict); break;
	case INST_NEED_HEADER:
	case INST_OBJREF:
	case INST_COUNTER:
	case INST_NOTRACK:
	case INST_COMPAT:
	case INST_OPAQUE:
	case INST_COUNT: break;
	}
}

void mutate_set(struct mutator *m, struct ir_set *s)
{
	m->at = s->at;
	if (s->nelements && mutate_here(m, "set %s loses an element", s->name))
		s->nelements--;
	if (s->nelements > 2 && mutate_here(m, "set %s loses its first element", s->name)) {
		s->elements++;
		s->nelements--;
	}
	if (s->timeout && mutate_here(m, "set %s has half the timeout", s->name))
		s->timeout /= 2;
	for (struct inst *i = s->exprs; i; i = i->next)
		mutate_inst(m, i);
}

void mutate_object(struct mutator *m, struct ir_object *o)
{
	m->at = o->at;
	switch (o->kind) {
	case OBJECT_QUOTA: quota(m, &o->quota); break;
	case OBJECT_LIMIT: limit(m, &o->limit); break;
	case OBJECT_CT_HELPER:
	case OBJECT_COUNTER:
	case OBJECT_CT_TIMEOUT:
	case OBJECT_CT_EXPECT:
	case OBJECT_SECMARK:
	case OBJECT_SYNPROXY:
	case OBJECT_CONNLIMIT: break;
	}
}
