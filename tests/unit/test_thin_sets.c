/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Comparisons instead of sets: random lists of ports answer the same on both sides of every edge. */
#include <check.h>
#include <stdlib.h>
#include <string.h>
#include "lower.h"

#define RULES 800 /* more than thin_sets() leaves alone */
#define PORTS 65536

struct list {
	uint32_t n;
	bool negate;
	uint16_t lo[15], hi[15];
};

static struct arena arena;
static jmp_buf oom;

static uint16_t any_port(void)
{
	static const uint16_t usual[] = { 0, 1, 2, 80, 81, 443, 65533, 65534, 65535 };
	unsigned k = (unsigned)rand() % 16;

	return k < 9 ? usual[k] : (uint16_t)(rand() % PORTS);
}

static void random_list(struct list *l)
{
	l->n = 2 + (unsigned)rand() % 14;
	l->negate = rand() % 2;
	for (uint32_t i = 0; i < l->n; i++) {
		uint32_t hi = l->lo[i] = any_port();

		if (rand() % 2)
			hi += (unsigned)rand() % (rand() % 8 ? 20 : PORTS);
		l->hi[i] = (uint16_t)(hi > 65535 ? 65535 : hi);
	}
}

static void add_rule(struct ir *ir, struct ir_chain *c, const struct list *l)
{
	struct ir_clause *k = ir_clause_new(ir, ir_rule_new(ir, c, NULL));
	struct inst *i = inst_new(&arena, INST_TEST, (struct span){ 0 });

	i->test.lhs = operand_of(FIELD_TCP_DPORT);
	i->test.op = l->negate ? TEST_NOTIN : TEST_IN;
	i->test.n = l->n;
	i->test.ranges = arena_array(&arena, l->n, sizeof(*i->test.ranges));
	for (uint32_t r = 0; r < l->n; r++) {
		i->test.ranges[r].lo = value_num(l->lo[r], 2);
		i->test.ranges[r].hi = value_num(l->hi[r], 2);
	}
	ir_append(k, i);
	i = inst_new(&arena, INST_VERDICT, (struct span){ 0 });
	i->verdict.kind = VERDICT_DROP;
	ir_append(k, i);
}

static struct ir_chain *build(struct ir *ir, struct list *lists, uint32_t n)
{
	struct ir_chain *c;

	arena_init(&arena);
	arena.on_oom = &oom;
	memset(ir, 0, sizeof(*ir));
	ir->arena = &arena;
	ir->last_chain = &ir->chains;
	c = ir_chain_new(ir, "c", TABLE_FILTER);
	for (uint32_t i = 0; i < n; i++) {
		random_list(&lists[i]);
		add_rule(ir, c, &lists[i]);
	}
	return c;
}

static bool in_list(const struct list *l, unsigned port)
{
	for (uint32_t i = 0; i < l->n; i++)
		if (l->lo[i] <= port && port <= l->hi[i])
			return !l->negate;
	return l->negate;
}

/* One comparison; the numbers are the first two bytes. */
static bool holds(const struct inst_test *t, unsigned port)
{
	unsigned v = 0, lo = 0, hi = 0;

	if (t->op <= TEST_NE) {
		v = (unsigned)value_get(&t->value, 2);
		return (port == v) == (t->op == TEST_EQ);
	}
	for (uint32_t i = 0; i < t->n; i++) {
		lo = (unsigned)value_get(&t->ranges[i].lo, 2);
		hi = (unsigned)value_get(&t->ranges[i].hi, 2);
		if (lo <= port && port <= hi)
			return t->op == TEST_IN;
	}
	return t->op == TEST_NOTIN;
}

static bool matches(const struct ir_rule *r, unsigned port)
{
	for (const struct inst *i = r->clauses->first; i->kind == INST_TEST; i = i->next)
		if (!holds(&i->test, port))
			return false;
	return true;
}

static uint32_t sets(const struct ir_chain *c)
{
	uint32_t n = 0;

	for (const struct ir_rule *r = c->rules; r; r = r->next)
		for (const struct inst *i = r->clauses->first; i; i = i->next)
			n += i->kind == INST_TEST && i->test.op >= TEST_IN && i->test.n > 1;
	return n;
}

static void check_port(const struct ir_rule *r, const struct list *l, unsigned port)
{
	port &= PORTS - 1;
	ck_assert_msg(matches(r, port) == in_list(l, port), "port %u", port);
}

static void check_rule(const struct ir_rule *r, const struct list *l)
{
	ck_assert_ptr_null(*r->clauses->last);
	for (uint32_t i = 0; i < l->n; i++)
		for (unsigned d = 0; d < 3; d++) {
			check_port(r, l, l->lo[i] + d - 1u);
			check_port(r, l, l->hi[i] + d - 1u);
		}
}

START_TEST(same_answers)
{
	static struct list lists[RULES];
	struct ir ir;
	struct ir_chain *c;
	const struct list *l = lists;

	if (setjmp(oom))
		ck_abort_msg("out of memory");
	srand(7);
	c = build(&ir, lists, RULES);
	thin_sets(&ir);
	/* Lists that span all ports may stay. */
	ck_assert_uint_lt(sets(c), RULES / 2);
	for (const struct ir_rule *r = c->rules; r; r = r->next)
		check_rule(r, l++);
	arena_free(&arena);
}
END_TEST

START_TEST(few_stay)
{
	static struct list lists[10];
	struct ir ir;
	struct ir_chain *c;

	if (setjmp(oom))
		ck_abort_msg("out of memory");
	srand(8);
	c = build(&ir, lists, 10);
	thin_sets(&ir);
	ck_assert_uint_eq(sets(c), 10);
	arena_free(&arena);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("thin_sets");
	TCase *t = tcase_create("thin_sets");

	tcase_add_test(t, same_answers);
	tcase_add_test(t, few_stay);
	suite_add_tcase(s, t);

	SRunner *r = srunner_create(s);

	srunner_run_all(r, CK_ENV);

	int failed = srunner_ntests_failed(r);

	srunner_free(r);
	return failed ? 1 : 0;
}
