/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * bpf: net/netfilter/xt_bpf.c: a program in classic bytecode, or one pinned in the file system.
 *
 * nftables runs no programs, but most of those that filters are compiled to only compare parts of the packet
 * with numbers. Each way through such a program that matches is a rule of its own.
 *
 * Not kept: a program that looks behind IPv4's header without asking for the fragment offset may read
 * more of a later fragment than nftables does.
 */
#include "lower.h"
#include "blob.h"
#include "bpf_check.h"
#include "bpf_paths.h"
#include "value.h"

#include <string.h>
#include <linux/filter.h>
#include <linux/netfilter/xt_bpf.h>

enum { BYTECODE, PINNED };

#define NO_PROGRAMS "nftables runs no programs"

struct program {
	uint16_t n;
	struct sock_filter code[XT_BPF_MAX_NUM_INSTR];
};

/* sscanf() with %hu, %hhu or %u: a sign may lead, and what is too much is cut off. */
static bool number(const char **s, const char *end, uint64_t *out)
{
	size_t used;
	bool ok = value_decimal(*s, (size_t)(end - *s), out, &used);

	*s += used;
	return ok;
}

static bool instruction(const char **s, const char *end, struct sock_filter *to)
{
	uint64_t code, jt, jf, k;

	if (!number(s, end, &code) || !number(s, end, &jt) || !number(s, end, &jf) || !number(s, end, &k))
		return false;
	*to = (struct sock_filter){ (uint16_t)code, (uint8_t)jt, (uint8_t)jf, (uint32_t)k };
	while (*s < end && **s != ',') /* does not count */
		++*s;
	*s += *s < end;
	return true;
}

/* Report at instruction @n, which begins at @s and ends before @end or a comma. */
static bool wrong_at(const struct ext_parse *p, const char *s, const char *end, unsigned n,
		     const char *what)
{
	struct span at = p->word->at;
	const char *comma = memchr(s, ',', (size_t)(end - s));

	if (at.len == p->word->len + 2 * p->word->quoted) { /* nothing was escaped */
		at.pos += (uint32_t)(s - p->word->s) + p->word->quoted;
		at.len = (uint32_t)((comma ? comma : end) - s);
	}
	diag_error(p->rs->diags, at, "--%s: instruction %u: %s", p->opt->name, n, what);
	return false;
}

/* "4,48 0 0 9,21 0 1 6,6 0 0 1,6 0 0 0": how many, then code, jt, jf and k of each. */
static bool parse_bytecode(struct ext_parse *p, struct arg *out)
{
	struct program *prog = ARENA_NEW(p->rs->arena, struct program);
	const char *s = p->word->s, *end = s + p->word->len, *begin[XT_BPF_MAX_NUM_INSTR + 1],
		   *problem;
	unsigned where;
	uint64_t n;

	if (!number(&s, end, &n) || !(n &= UINT16_MAX) || n > XT_BPF_MAX_NUM_INSTR || s == end || *s++ != ',')
		return ext_value_error(p, "a program begins with its length, 1 to %d",
				       XT_BPF_MAX_NUM_INSTR);
	for (; s < end; prog->n++) {
		begin[prog->n] = s;
		if (prog->n == n)
			return ext_value_error(p, "the program is longer than it says");
		if (!instruction(&s, end, &prog->code[prog->n]))
			return wrong_at(p, begin[prog->n], end, prog->n,
					"four numbers are wanted: code, jt, jf and k");
	}
	out->custom = prog;
	out->custom_len = sizeof(*prog);
	if (prog->n != n)
		return ext_value_error(p, "the program is shorter than it says");
	problem = bpf_check(prog->code, prog->n, &where);
	return !problem ||
	       wrong_at(p, begin[where], where + 1 < n ? begin[where + 1] : end, where, problem);
}

static const struct ext_option options[] = {
	{ .name = "bytecode", .id = BYTECODE, .type = ARG_CUSTOM, .flags = OPT_REQUIRED,
	  .excl = 1u << PINNED,
	  .parse = parse_bytecode, .metavar = "program",
	  .help = "classic BPF: length,code jt jf k,…", .support = PARTLY,
	  .note = "programs that compare parts of the packet at fixed places with numbers" },
	{ .name = "object-pinned", .id = PINNED, .type = ARG_STRING, .flags = OPT_REQUIRED | OPT_CUT,
	  .excl = 1u << BYTECODE, .max = XT_BPF_PATH_MAX - 1, .metavar = "path",
	  .help = "program pinned in the BPF file system", .support = COMPAT, .note = NO_PROGRAMS },
	{ .name = NULL },
};

/* Does it say nothing that another test of the way, from @last on, does not say as well? */
static bool redundant(const struct bpf_test *last, const struct bpf_test *t)
{
	bool any = t->op == TEST_GE && !t->value;

	if (t->known)
		return true;
	for (const struct bpf_test *o = last; o; o = o->before) {
		if (o == t || o->known || !bpf_same_field(&o->field, &t->field))
			continue;
		if (any && (o->op != TEST_GE || o->value))
			return true; /* the load is tested by the other one */
		if (t->op == TEST_NE && o->op == TEST_EQ && o->mask == t->mask)
			return true;
	}
	return false;
}

static void one_test(struct lower *l, const struct bpf_test *t)
{
	unsigned bits = operand_bits(&t->field);
	uint32_t all = bits == 32 ? UINT32_MAX : (1u << bits) - 1;
	struct operand o = t->mask == all ? t->field : operand_and(l, t->field, t->mask);

	lower_cmp(l, o, (enum test_op)t->op, t->value);
}

static void one_way(struct lower *l, const struct bpf_test *last, const struct bpf_test *t)
{
	if (!t)
		return;
	one_way(l, last, t->before);
	if (!redundant(last, t))
		one_test(l, t);
}

static void lower(struct lower *l, const struct ext_use *u)
{
	const struct arg *a = &u->args[0];
	const struct program *prog = a->custom;
	struct bpf_paths ways;

	if (a->id == PINNED) {
		lower_refuse(l, u, a->at, NULL, "--object-pinned: " NO_PROGRAMS);
		return;
	}
	bpf_paths_find(l, prog->code, &ways);
	if (ways.reason) {
		lower_refuse(l, u, a->at, NULL, "--bytecode: the program has no form in nftables: %s", ways.reason);
		return;
	}
	if (!ways.n)
		lower_never(l);
	if (ways.n > 1)
		lower_fork(l, ways.n);
	for (unsigned i = 0; i < ways.n; i++) {
		lower_branch(l, ways.n > 1 ? (int)i : -1);
		one_way(l, ways.last[i], ways.last[i]);
	}
	lower_branch(l, -1);
}

static bool compat(struct lower *l, const struct ext_use *u, struct compat_blob *blob)
{
	struct xt_bpf_info_v1 *info = blob_new(l, blob, "bpf", 1, sizeof(*info));
	const struct arg *a = &u->args[0];
	const struct program *prog = a->custom;

	if (a->id == PINNED) {
		info->mode = XT_BPF_MODE_PATH_PINNED;
		memcpy(info->path, a->str.s, a->str.len);
		return true;
	}
	info->mode = XT_BPF_MODE_BYTECODE;
	info->bpf_program_num_elem = prog->n;
	memcpy(info->bpf_program, prog->code, prog->n * sizeof(*prog->code));
	return true;
}

const struct ext match_bpf = {
	.name = "bpf",
	.kind = EXT_MATCH,
	.families = FAMILY_BOTH,
	.options = options,
	.lower = lower,
	.compat = compat,
	.help = "a BPF program",
};
