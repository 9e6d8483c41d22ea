/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Instructions as nft text and JSON. Every rule of the list is compared with what it should read
 * as; with an argument (text, json, netlink; 4, 6) the program prints all of the family's rules as a
 * script or a batch instead, to be loaded by a real nft or kernel; a third
 * argument is the number of the only rule to print. The argument
 * count asks how many there are.
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <arpa/inet.h>
#include <linux/netfilter/nf_log.h>
#include "emit.h"
#include "lower.h"
#include "names.h"

#include "test_text_rules.h"

static const struct rule_case {
	void (*build)(void);
	const char *text; /* NULL: refused */
	char hook; /* i: input, p: nat prerouting, o: nat postrouting, m: mangle prerouting */
	unsigned family;
} cases[] = {
#include "test_text_cases.h"
};

#define NCASES (sizeof(cases) / sizeof(*cases))

static const struct hook_info *hook_of(char c)
{
	switch (c) {
	case 'p': return hook_find(TABLE_NAT, HOOK_PREROUTING);
	case 'o': return hook_find(TABLE_NAT, HOOK_POSTROUTING);
	case 'm': return hook_find(TABLE_MANGLE, HOOK_PREROUTING);
	default: return hook_find(TABLE_FILTER, HOOK_INPUT);
	}
}

/* The line of the script that holds the rule. */
static char *rule_line(const char *script)
{
	const char *chain_at = strstr(script, "\tchain filter-INPUT"), *p = chain_at;
	char *last = NULL;

	while (p && (p = strchr(p, '\n')) && strncmp(p, "\n\t}", 3)) {
		const char *end = strchr(++p, '\n');

		if (!strncmp(p, "\t\t", 2) && strncmp(p, "\t\ttype ", 7)) {
			free(last);
			last = strndup(p + 2, (size_t)(end - p - 2));
		}
	}
	return last;
}

START_TEST(one_rule)
{
	const struct rule_case *c = &cases[_i];

	setup_family(c->family);
	chain.hook = hook_of(c->hook);
	new_rule();
	c->build();

	struct buffer *b = buffer_new(&arena);

	emit_text(&ir, b);
	if (!c->text) {
		ck_assert_int_eq(diags_status(&diags), IPTC2NFT_UNSUPPORTED);
	} else {
		char *line = rule_line(buffer_str(b));

		ck_assert_msg(!diags.count, "%s", diags.first ? diags.first->message : "");
		ck_assert_ptr_nonnull(line);
		ck_assert_str_eq(line, c->text);
		free(line);
	}
	teardown();
}
END_TEST

static const struct {
	const char *name, *loadable;
} names[] = {
	{ "filter-INPUT", NULL },
	{ "filter-a b", "filter-a/20b" },
	{ "filter-a/20b", "filter-a/2f20b" },
	{ "filter-a/b", NULL },
	{ "filter-\"x\"*", "filter-/22x/22/2a" },
	{ "filter-a/.b", "filter-a/2f.b" },
	{ "drop", "_-drop" },
	{ "inet", "_-inet" },
	{ "dropped", NULL },
	{ "10net", "_-10net" },
	{ "_-drop", "_-_-drop" },
	{ "-x", "_--x" },
	{ "/x", "_-/x" },
	{ "\xc3\xa4", "_-/c3/a4" },
	{ ".a_b-c", NULL },
};

START_TEST(one_name)
{
	setup_family(FAMILY_IPV4);
	ck_assert_str_eq(name_loadable(&arena, names[_i].name),
			 names[_i].loadable ? names[_i].loadable : names[_i].name);
	teardown();
}
END_TEST

START_TEST(reserved_words)
{
	ck_assert(name_reserved("accept", 6));
	ck_assert(name_reserved("zone", 4));
	ck_assert(name_reserved("8021ad", 6));
	ck_assert(!name_reserved("accepted", 8));
	ck_assert(!name_reserved("accep", 5));
}
END_TEST

/* Netlink keeps the names that text can't: for a comparison both shall have the same. */
static void rename_all(void)
{
	names_assign(&ir);
	for (struct ir_chain *c = ir.chains; c; c = c->next)
		c->name = c->nft_name;
	for (struct ir_set *x = ir.sets; x; x = x->next)
		x->name = x->nft_name;
	for (struct ir_object *o = ir.objects; o; o = o->next)
		o->name = o->nft_name;
}

/* @only: the number of the one case to print, or -1. */
static void print_all(char format, unsigned family, int only)
{
	struct buffer *b;

	setup_family(family);
	for (size_t i = 0; i < NCASES; i++) {
		if (cases[i].family != family || !cases[i].text || (only >= 0 && (size_t)only != i))
			continue;

		struct ir_chain *c = ARENA_NEW(&arena, struct ir_chain);

		/* One base chain a rule, so that every rule has the hook it needs. */
		c->name = arena_printf(&arena, "c%zu", i);
		c->hook = hook_of(cases[i].hook);
		c->next = ir.chains;
		ir.chains = c;
		chain.last = &c->rules;
		new_rule();
		cases[i].build();
	}
	b = buffer_new(&arena);
	if (format == 'n' || format == 'b')
		rename_all();
	if (format == 'j')
		emit_json(&ir, b);
	else if (format == 'n')
		emit_netlink(&ir, b);
	else if (format == 'b')
		emit_bytecode(&ir, b);
	else
		emit_text(&ir, b);
	for (const struct diag *d = diags.first; d; d = d->next)
		fprintf(stderr, "%s\n", d->message);
	fwrite(b->data, 1, b->len, stdout);
	teardown();
}

int main(int argc, char **argv)
{
	if (argc > 1 && !strcmp(argv[1], "count")) {
		printf("%zu\n", NCASES);
		return 0;
	}
	if (argc > 2) {
		print_all(argv[1][0], argv[2][0] == '6' ? FAMILY_IPV6 : FAMILY_IPV4,
			  argc > 3 ? atoi(argv[3]) : -1);
		return 0;
	}

	Suite *s = suite_create("text");
	TCase *t = tcase_create("rules");

	tcase_add_loop_test(t, one_rule, 0, (int)NCASES);
	suite_add_tcase(s, t);
	t = tcase_create("names");
	tcase_add_loop_test(t, one_name, 0, (int)(sizeof(names) / sizeof(*names)));
	tcase_add_test(t, reserved_words);
	suite_add_tcase(s, t);

	SRunner *r = srunner_create(s);

	srunner_run_all(r, CK_ENV);

	int failed = srunner_ntests_failed(r);

	srunner_free(r);
	return failed != 0;
}
