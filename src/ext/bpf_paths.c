/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * bpf_paths: a classic BPF program carried out with unknowns in its registers.
 *
 * A register is a number, or some bits of a load. The header of IP is at 0 (xt_bpf's skb->data), so that
 * an absolute load is one from nft's network header; loads behind "4 * (byte 0 & 15)" are from the
 * transport header of IPv4. Arithmetic beyond masks and shifts to the right is not followed.
 */
#include "bpf_paths.h"
#include "payload.h"

#include <linux/filter.h>
#include <linux/if_ether.h>

#define BRANCHES_MAX 4096
#define HEADER_V4    20 /* bytes that every packet has */
#define HEADER_V6    40

/* What a register holds. */
struct unknown {
	enum { NUMBER, FIELD, HEADER_LENGTH } is;
	uint32_t number; /* NUMBER */
	struct operand field; /* FIELD: (field & mask) >> shift */
	uint32_t mask;
	uint8_t shift;
};

struct machine {
	struct unknown a, x, mem[BPF_MEMWORDS];
	const struct bpf_test *tests;
};

struct search {
	struct lower *l;
	const struct sock_filter *code;
	unsigned branches;
	struct bpf_paths *out;
};

static void walk(struct search *s, struct machine m, unsigned at);

static void give_up(struct search *s, const char *reason)
{
	if (!s->out->reason)
		s->out->reason = reason;
}

static bool holds(uint32_t a, unsigned op, uint32_t b)
{
	switch (op) {
	case TEST_EQ: return a == b;
	case TEST_NE: return a != b;
	case TEST_LT: return a < b;
	case TEST_GT: return a > b;
	case TEST_LE: return a <= b;
	default: return a >= b;
	}
}

/* What earlier tests of the way say about this one: 1 holds, 0 does not, -1 nothing. */
static int decided(const struct bpf_test *earlier, const struct bpf_test *t)
{
	for (; earlier; earlier = earlier->before) {
		if (!bpf_same_field(&earlier->field, &t->field))
			continue;
		if (earlier->op == TEST_EQ && !(t->mask & ~earlier->mask))
			return holds(earlier->value & t->mask, t->op, t->value);
		if (earlier->op == TEST_NE && earlier->mask == t->mask && earlier->value == t->value &&
		    t->op <= TEST_NE)
			return t->op == TEST_NE;
	}
	return -1;
}

static void add_test(struct search *s, struct machine *m, const struct bpf_test *t)
{
	struct bpf_test *copy = ARENA_NEW(s->l->arena, struct bpf_test);

	*copy = *t;
	copy->before = m->tests;
	m->tests = copy;
}

static struct unknown number(uint32_t n)
{
	return (struct unknown){ .is = NUMBER, .number = n };
}

static struct unknown whole_field(struct operand o)
{
	unsigned bits = operand_bits(&o);

	return (struct unknown){ .is = FIELD, .field = o, .mask = bits == 32 ? UINT32_MAX : (1u << bits) - 1 };
}

/* A load that runs out of the packet ends the program, also when nobody looks at what it loaded. */
static struct unknown load(struct search *s, struct machine *m, enum payload_base base, uint32_t at, unsigned bits)
{
	struct unknown u;

	if (at > payload_offset_max(s->l)) {
		give_up(s, "it looks further into the packet than nftables can");
		return number(0);
	}
	u = whole_field(operand_raw(base, at * 8, bits));
	if (base != BASE_NH || at + bits / 8 > (lower_v6(s->l) ? HEADER_V6 : HEADER_V4))
		add_test(s, m, &(struct bpf_test){ .field = u.field, .op = TEST_GE, .mask = u.mask });
	return u;
}

static unsigned width(uint16_t code)
{
	return BPF_SIZE(code) == BPF_W ? 32 : BPF_SIZE(code) == BPF_H ? 16 : 8;
}

/* What is beside the packet: SKF_AD_*. */
static struct unknown ancillary(struct search *s, uint32_t k)
{
	switch (k - (uint32_t)SKF_AD_OFF) {
	case SKF_AD_PROTOCOL: return number(lower_v6(s->l) ? ETH_P_IPV6 : ETH_P_IP);
	case SKF_AD_MARK: return whole_field(operand_of(FIELD_META_MARK));
	case SKF_AD_CPU: return whole_field(operand_of(FIELD_META_CPU));
	}
	give_up(s, "it loads what nftables can't see");
	return number(0);
}

static struct unknown absolute(struct search *s, struct machine *m, uint32_t at, unsigned bits)
{
	if (at >= (uint32_t)SKF_AD_OFF)
		return ancillary(s, at);
	return load(s, m, BASE_NH, at, bits);
}

static struct unknown from(struct search *s, struct machine *m, const struct sock_filter *f)
{
	unsigned class = BPF_CLASS(f->code);

	switch (class | BPF_MODE(f->code)) {
	case BPF_LD | BPF_IMM:
	case BPF_LDX | BPF_IMM: return number(f->k);
	case BPF_LD | BPF_LEN:
	case BPF_LDX | BPF_LEN: return whole_field(operand_of(FIELD_META_LENGTH));
	case BPF_LD | BPF_MEM:
	case BPF_LDX | BPF_MEM: return m->mem[f->k];
	case BPF_LD | BPF_ABS: return absolute(s, m, f->k, width(f->code));
	case BPF_LD | BPF_IND:
		if (m->x.is == NUMBER && (uint64_t)m->x.number + f->k < (uint32_t)SKF_LL_OFF)
			return load(s, m, BASE_NH, m->x.number + f->k, width(f->code));
		if (m->x.is == HEADER_LENGTH)
			return load(s, m, BASE_TH, f->k, width(f->code));
		give_up(s, "it loads from a place that the packet tells");
		return number(0);
	default: /* BPF_LDX | BPF_MSH */
		if (!f->k && !lower_v6(s->l))
			return (struct unknown){ .is = HEADER_LENGTH };
		give_up(s, "it loads from a place that the packet tells");
		return number(0);
	}
}

static uint32_t compute(unsigned op, uint32_t a, uint32_t k)
{
	switch (op) {
	case BPF_ADD: return a + k;
	case BPF_SUB: return a - k;
	case BPF_MUL: return a * k;
	case BPF_AND: return a & k;
	case BPF_OR: return a | k;
	case BPF_XOR: return a ^ k;
	case BPF_LSH: return a << k;
	case BPF_RSH: return a >> k;
	case BPF_DIV: return a / k;
	case BPF_MOD: return a % k;
	default: return -a;
	}
}

static void arithmetic(struct search *s, struct machine *m, const struct sock_filter *f)
{
	const struct unknown *by = &m->x;
	uint32_t k = BPF_SRC(f->code) == BPF_X ? by->number : f->k;
	unsigned op = BPF_OP(f->code);

	if (BPF_SRC(f->code) == BPF_X && by->is != NUMBER && op != BPF_NEG) {
		give_up(s, "it computes with two parts of the packet");
		return;
	}
	if ((op == BPF_DIV || op == BPF_MOD) && !k) {
		give_up(s, "it divides by zero");
		return;
	}
	if (op == BPF_LSH || op == BPF_RSH)
		k &= 31; /* of X; what else is more is not taken */
	if (m->a.is == NUMBER) {
		m->a = number(compute(op, m->a.number, k));
	} else if (m->a.is == FIELD && op == BPF_AND) {
		m->a.mask &= m->a.shift < 32 ? (uint32_t)((uint64_t)k << m->a.shift) : 0;
	} else if (m->a.is == FIELD && op == BPF_RSH && k + m->a.shift < 32) {
		m->a.shift = (uint8_t)(m->a.shift + k);
		m->a.mask &= UINT32_MAX << m->a.shift;
	} else {
		give_up(s, "it computes with a part of the packet");
	}
}

/* Go on at @yes with the test, and at @no with its opposite. */
static void part(struct search *s, const struct machine *m, struct bpf_test t, unsigned yes, unsigned no)
{
	static const uint8_t opposite[] = { [TEST_EQ] = TEST_NE, [TEST_NE] = TEST_EQ, [TEST_LT] = TEST_GE,
					    [TEST_GT] = TEST_LE, [TEST_LE] = TEST_GT, [TEST_GE] = TEST_LT };
	int sure = decided(m->tests, &t);
	struct machine next = *m;

	if (sure != 0) {
		if (sure < 0)
			add_test(s, &next, &t);
		walk(s, next, yes);
	}
	if (sure != 1) {
		next = *m;
		t.op = opposite[t.op];
		if (sure < 0)
			add_test(s, &next, &t);
		walk(s, next, no);
	}
}

/* A's bits, compared as they are in the packet: (A >> shift) > k is A >= (k + 1) << shift. */
static void compare(struct search *s, const struct machine *m, unsigned op, uint32_t k, unsigned yes, unsigned no)
{
	struct bpf_test t = { .field = m->a.field, .mask = m->a.mask };
	uint64_t value = (uint64_t)k << m->a.shift;

	if (op == BPF_JSET) {
		t.mask &= (uint32_t)value;
		t.op = TEST_NE;
		value = 0;
	} else if (op == BPF_JEQ) {
		t.op = TEST_EQ;
	} else {
		t.op = TEST_GE;
		value += op == BPF_JGT ? (uint64_t)1 << m->a.shift : 0;
	}
	t.value = (uint32_t)value;
	if (!t.mask)
		walk(s, *m, holds(0, t.op, t.value) && value <= UINT32_MAX ? yes : no);
	else if (value > t.mask || (t.op == TEST_EQ && value & ~(uint64_t)t.mask))
		walk(s, *m, no);
	else
		part(s, m, t, yes, no);
}

static void jump(struct search *s, const struct machine *m, const struct sock_filter *f, unsigned at)
{
	unsigned op = BPF_OP(f->code), yes = at + f->jt, no = at + f->jf;
	uint32_t k = f->k;

	if (op == BPF_JA) {
		walk(s, *m, at + k);
		return;
	}
	if (BPF_SRC(f->code) == BPF_X) {
		if (m->x.is != NUMBER) {
			give_up(s, "it compares two parts of the packet");
			return;
		}
		k = m->x.number;
	}
	if (m->a.is == FIELD)
		compare(s, m, op, k, yes, no);
	else if (m->a.is == HEADER_LENGTH)
		give_up(s, "it compares the header's length");
	else if (op == BPF_JSET)
		walk(s, *m, m->a.number & k ? yes : no);
	else
		walk(s, *m, holds(m->a.number, op == BPF_JEQ ? TEST_EQ : op == BPF_JGT ? TEST_GT : TEST_GE, k) ? yes : no);
}

static void found(struct search *s, const struct bpf_test *tests)
{
	if (s->out->n == BPF_PATHS_MAX)
		give_up(s, "it has too many ways to match");
	else
		s->out->last[s->out->n++] = tests;
}

/* Any number but 0 is a match. */
static void finish(struct search *s, const struct machine *m, const struct sock_filter *f)
{
	const struct unknown *u = &m->a;
	struct machine end = *m;
	struct bpf_test t;

	if (BPF_RVAL(f->code) == BPF_K) {
		if (f->k)
			found(s, m->tests);
		return;
	}
	if (u->is == HEADER_LENGTH) {
		give_up(s, "it returns the header's length");
		return;
	}
	t = (struct bpf_test){ .field = u->field, .mask = u->mask, .op = TEST_NE };
	if (u->is == NUMBER ? u->number : u->mask && decided(m->tests, &t) == 1)
		found(s, m->tests);
	else if (u->is == FIELD && u->mask && decided(m->tests, &t) < 0) {
		add_test(s, &end, &t);
		found(s, end.tests);
	}
}

/* Programs only jump forward, and return (bpf_check.c). */
static void walk(struct search *s, struct machine m, unsigned at)
{
	if (++s->branches > BRANCHES_MAX)
		give_up(s, "it has too many ways to match");
	while (!s->out->reason) {
		const struct sock_filter *f = &s->code[at];

		at++;
		switch (BPF_CLASS(f->code)) {
		case BPF_LD: m.a = from(s, &m, f); break;
		case BPF_LDX: m.x = from(s, &m, f); break;
		case BPF_ST: m.mem[f->k] = m.a; break;
		case BPF_STX: m.mem[f->k] = m.x; break;
		case BPF_ALU: arithmetic(s, &m, f); break;
		case BPF_JMP: jump(s, &m, f, at); return;
		case BPF_RET: finish(s, &m, f); return;
		default: /* BPF_MISC */
			if (BPF_MISCOP(f->code) == BPF_TAX)
				m.x = m.a;
			else
				m.a = m.x;
		}
	}
}

void bpf_paths_find(struct lower *l, const struct sock_filter *code, struct bpf_paths *out)
{
	struct search s = { .l = l, .code = code, .out = out };
	struct machine m = { .a = { .is = NUMBER } };

	*out = (struct bpf_paths){ 0 };
	/* The version is the family's: ip_rcv_core(), ip6_rcv_core(). */
	add_test(&s, &m, &(struct bpf_test){ .field = operand_raw(BASE_NH, 0, 8), .op = TEST_EQ, .mask = 0xf0,
					     .value = lower_v6(l) ? 0x60 : 0x40, .known = true });
	walk(&s, m, 0);
}
