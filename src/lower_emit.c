/* SPDX-License-Identifier: GPL-2.0-or-later */
/* lower_emit: the functions by which extensions append instructions to the open clauses. */
#include "lower.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>


/* Is this clause addressed by the current branch? */
static bool addressed(const struct lower *l, const struct ir_clause *c)
{
	return l->branch < 0 || c->branch == (uint32_t)l->branch;
}

/* Give every other addressed clause its copy of the last instruction, now that it is filled in. */
static void settle(struct lower *l)
{
	struct inst *p = l->pending;
	bool first = true;

	l->pending = NULL;
	if (!p)
		return;
	for (struct ir_clause *c = l->out->clauses; c; c = c->next) {
		if (!addressed(l, c))
			continue;
		if (!first)
			ir_append(c, inst_copy(l->arena, p));
		first = false;
	}
}

struct inst *lower_emit(struct lower *l, enum inst_kind kind)
{
	struct inst *i = inst_new(l->arena, kind, l->at);
	struct ir_clause *c = l->out->clauses;

	if (l->pending)
		settle(l);
	while (c && !addressed(l, c))
		c = c->next;
	if (c) {
		ir_append(c, i);
		/* The usual rule has one clause: nothing to copy later. */
		l->pending = l->out->clauses->next ? i : NULL;
	}
	return i;
}

static struct inst *emit_test(struct lower *l, struct operand o, enum test_op op)
{
	struct inst *i = lower_emit(l, INST_TEST);

	i->test.lhs = o;
	i->test.op = (uint8_t)op;
	return i;
}

void lower_cmp(struct lower *l, struct operand o, enum test_op op, uint64_t v)
{
	emit_test(l, o, op)->test.value = value_num(v, operand_bytes(&o));
}

void lower_eq(struct lower *l, struct operand o, uint64_t v, bool negate)
{
	lower_cmp(l, o, negate ? TEST_NE : TEST_EQ, v);
}

void lower_value(struct lower *l, struct operand o, const void *bytes, bool negate)
{
	emit_test(l, o, negate ? TEST_NE : TEST_EQ)->test.value =
		value_bytes(bytes, operand_bytes(&o));
}

static void test_ranges(struct lower *l, struct operand o, struct value_range *r, uint32_t n,
			bool negate)
{
	struct inst *i;

	if (n == 1 && !memcmp(&r->lo, &r->hi, sizeof(r->lo))) {
		emit_test(l, o, negate ? TEST_NE : TEST_EQ)->test.value = r->lo;
		return;
	}
	i = emit_test(l, o, negate ? TEST_NOTIN : TEST_IN);
	i->test.ranges = r;
	i->test.n = n;
}

void lower_in(struct lower *l, struct operand o, const struct arg_range *r, uint32_t n, bool negate)
{
	struct value_range *v = arena_array(l->arena, n, sizeof(*v));
	unsigned bytes = operand_bytes(&o);

	for (uint32_t i = 0; i < n; i++) {
		v[i].lo = value_num(r[i].lo, bytes);
		v[i].hi = value_num(r[i].hi, bytes);
	}
	test_ranges(l, o, v, n, negate);
}

/* The whole span of a field is no restriction, but the load still has to succeed. */
void lower_range(struct lower *l, struct operand o, uint64_t lo, uint64_t hi, bool negate)
{
	unsigned bits = operand_bits(&o);
	uint64_t max = bits >= 64 ? UINT64_MAX : ((uint64_t)1 << bits) - 1;

	if (lo > hi) { /* no value is in it: every one is outside */
		lo = 0;
		hi = max;
		negate = !negate;
	}
	if (lo == 0 && hi >= max)
		lower_cmp(l, o, negate ? TEST_LT : TEST_GE, 0);
	else if (lo == 0 && hi > 0)
		lower_cmp(l, o, negate ? TEST_GT : TEST_LE, hi);
	else if (hi >= max && lo < hi)
		lower_cmp(l, o, negate ? TEST_LT : TEST_GE, lo);
	else
		lower_in(l, o, &(struct arg_range){ lo, hi }, 1, negate);
}

void lower_value_range(struct lower *l, struct operand o, const void *lo, const void *hi, bool negate)
{
	struct value_range *v = ARENA_NEW(l->arena, struct value_range);
	unsigned char zeros[16] = { 0 }, ones[16];

	if (memcmp(lo, hi, operand_bytes(&o)) > 0) { /* as in lower_range() */
		memset(ones, 0xff, sizeof(ones));
		lo = zeros;
		hi = ones;
		negate = !negate;
	}
	v->lo = value_bytes(lo, operand_bytes(&o));
	v->hi = value_bytes(hi, operand_bytes(&o));
	test_ranges(l, o, v, 1, negate);
}

static struct operand with_xform(struct lower *l, struct operand o, struct xform x)
{
	struct xform *all = arena_array(l->arena, o.nxf + 1u, sizeof(*all));

	if (o.nxf)
		memcpy(all, o.xf, o.nxf * sizeof(*all));
	all[o.nxf++] = x;
	o.xf = all;
	return o;
}

struct operand operand_and(struct lower *l, struct operand o, uint64_t mask)
{
	return with_xform(l, o, (struct xform){ .op = XFORM_AND,
						.value = value_num(mask, operand_bytes(&o)) });
}

struct operand operand_and_bytes(struct lower *l, struct operand o, const void *mask)
{
	return with_xform(l, o, (struct xform){ .op = XFORM_AND,
						.value = value_bytes(mask, operand_bytes(&o)) });
}

struct operand operand_xor(struct lower *l, struct operand o, uint64_t value)
{
	return with_xform(l, o, (struct xform){ .op = XFORM_XOR,
						.value = value_num(value, operand_bytes(&o)) });
}

struct operand operand_shift(struct lower *l, struct operand o, int right)
{
	if (!right)
		return o;
	return with_xform(l, o, (struct xform){ .op = right < 0 ? XFORM_SHL : XFORM_SHR,
						.shift = (uint8_t)(right < 0 ? -right : right) });
}

/*
 * The whole bytes around a header field that is not whole bytes itself; *@shift is where the field is in
 * them. nft 1.0.6 can't mask such a field: it shifts a register that is in network order.
 */
static struct operand whole_bytes(struct operand o, unsigned *shift)
{
	const struct field_info *f = &field_table[o.field];
	unsigned first, bits;

	*shift = 0;
	if (f->kind != KIND_PAYLOAD || o.nxf || (f->off % 8 == 0 && f->bits % 8 == 0))
		return o;
	first = f->off / 8 * 8u;
	bits = (f->off + f->bits - first + 7) / 8 * 8;
	*shift = first + bits - f->off - f->bits;
	return operand_raw((enum payload_base)f->base, first, bits);
}

void lower_masked(struct lower *l, struct operand o, uint64_t mask, uint64_t value, bool negate)
{
	unsigned bits = operand_bits(&o);
	uint64_t max = bits >= 64 ? UINT64_MAX : ((uint64_t)1 << bits) - 1;

	if (value & ~mask) { /* no packet has bits there that the mask takes away */
		/* A rule that looks at the connection turns tracking on, also when it never matches. */
		if (negate || field_table[o.field].kind == KIND_CT)
			lower_range(l, o, 0, max, false);
		if (!negate)
			lower_never(l);
		return;
	}
	if ((mask & max) != max) {
		unsigned shift;

		o = whole_bytes(o, &shift);
		o = operand_and(l, o, mask << shift);
		value <<= shift;
	}
	lower_eq(l, o, value, negate);
}

void lower_any_bit(struct lower *l, struct operand o, uint64_t mask, bool negate)
{
	lower_eq(l, operand_and(l, o, mask), 0, !negate);
}

void lower_masked_bytes(struct lower *l, struct operand o, const void *mask, const void *value,
			bool negate)
{
	lower_value(l, operand_and_bytes(l, o, mask), value, negate);
}

/*
 * ifname_compare_aligned() compares under a mask that includes the terminating NUL unless the name
 * ends in '+'. A missing device has the empty name there (nulldevname) and in nft_meta alike.
 */
void lower_ifname(struct lower *l, enum field_id f, const struct iface *i)
{
	if (!i->given)
		return;
	l->at = i->at;
	if (!i->len && i->prefix) { /* "+": any, "! +": none */
		if (i->invert)
			lower_never(l);
		return;
	}

	struct inst *t = emit_test(l, operand_of(f), i->invert ? TEST_NE : TEST_EQ);

	t->test.value = value_bytes(i->name, i->len);
	t->test.prefix = i->prefix ? i->len : 0;
}

void lower_exists(struct lower *l, struct operand o, bool negate)
{
	o.exists = true;
	lower_cmp(l, o, TEST_EQ, negate ? 0 : 1);
}

/* Every packet at these hooks has at least an IP header. */
void lower_never(struct lower *l)
{
	lower_eq(l, operand_of(FIELD_META_LENGTH), 0, false);
}

void lower_set(struct lower *l, struct operand dst, uint64_t value)
{
	struct inst *i = lower_emit(l, INST_ASSIGN);

	i->assign.dst = dst;
	i->assign.from = ASSIGN_VALUE;
	i->assign.value = value_num(value, operand_bytes(&dst));
}

void lower_copy(struct lower *l, struct operand dst, struct operand src)
{
	struct inst *i = lower_emit(l, INST_ASSIGN);

	i->assign.dst = dst;
	i->assign.from = ASSIGN_OPERAND;
	i->assign.src = src;
}

void lower_need_header(struct lower *l, uint8_t proto, unsigned bytes, bool frag1_drops)
{
	struct inst *i = lower_emit(l, INST_NEED_HEADER);

	i->need_header.proto = proto;
	i->need_header.bytes = (uint16_t)bytes;
	i->need_header.frag1_drops = frag1_drops;
	i->need_header.hotdrop = true;
	if (bytes)
		lower_keeps_fragments_away(l);
}

void lower_keeps_fragments_away(struct lower *l)
{
	if (l->branch < 0 && l->out->rule)
		l->whole = true;
}

bool lower_no_fragments(const struct lower *l)
{
	return l->whole || l->chain->table == TABLE_NAT || (!lower_v6(l) && l->spec->fragment < 0);
}

void lower_need_tcp_options(struct lower *l, enum need_options what, bool fragments)
{
	struct inst *i = lower_emit(l, INST_NEED_HEADER);

	i->need_header.proto = IPPROTO_TCP;
	i->need_header.bytes = sizeof(struct tcphdr);
	i->need_header.options = (uint8_t)what;
	i->need_header.fragments = fragments;
	i->need_header.hotdrop = true;
}

void lower_need_exthdr(struct lower *l, uint8_t type)
{
	struct inst *i = lower_emit(l, INST_NEED_HEADER);

	i->need_header.proto = type;
	i->need_header.exthdr = true;
	i->need_header.hotdrop = true;
}

void lower_verdict(struct lower *l, enum verdict_kind v)
{
	struct inst *i = lower_emit(l, INST_VERDICT);

	i->verdict.kind = (uint8_t)v;
	if (v == VERDICT_RETURN && l->rest && !l->in_target) {
		i->verdict.kind = VERDICT_GOTO;
		lower_lead(l, i, l->rest);
	}
}

void lower_lead(struct lower *l, struct inst *i, struct ir_chain *c)
{
	i->verdict.chain = c;
	l->chain->calls = true;
}

void lower_jump(struct lower *l, struct ir_chain *c)
{
	struct inst *i = lower_emit(l, INST_VERDICT);

	i->verdict.kind = VERDICT_JUMP;
	lower_lead(l, i, c);
}

void lower_branch(struct lower *l, int i)
{
	settle(l);
	l->branch = i;
}

static uint32_t clause_count(const struct ir_rule *r)
{
	uint32_t n = 0;

	for (const struct ir_clause *c = r->clauses; c; c = c->next)
		n++;
	return n;
}

static struct ir_clause *clause_copy(struct lower *l, const struct ir_clause *c)
{
	struct ir_clause *k = ARENA_NEW(l->arena, struct ir_clause);

	k->last = &k->first;
	k->guard = c->guard;
	for (const struct inst *i = c->first; i; i = i->next)
		ir_append(k, inst_copy(l->arena, i));
	return k;
}

void lower_fork(struct lower *l, unsigned n)
{
	lower_branch(l, -1);
	if (lower_has_state(l->out))
		lower_split(l);
	if (clause_count(l->out) * n > LOWER_CLAUSES_MAX) {
		lower_refuse_rule(l, l->at, "this rule would become more than %d rules: its matches "
					     "have too many alternatives", LOWER_CLAUSES_MAX);
		return;
	}
	for (struct ir_clause *c = l->out->clauses, *next; c; c = next) {
		struct ir_clause *tail = c;

		next = c->next;
		c->branch = 0;
		for (unsigned k = 1; k < n; k++) {
			struct ir_clause *copy = clause_copy(l, c);

			copy->branch = k;
			copy->next = next;
			tail->next = copy;
			tail = copy;
		}
		if (!next)
			l->out->last = &tail->next;
	}
	l->nbranches = n;
}

void lower_finish(struct lower *l)
{
	settle(l);
	l->branch = -1;
	if (l->out->clauses && l->out->clauses->next)
		lower_share_state(l);
}
