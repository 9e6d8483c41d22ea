/* SPDX-License-Identifier: GPL-2.0-or-later */
/* bpf: net/netfilter/xt_bpf.c: a program in classic bytecode, or one pinned in the file system. */
#include "lower.h"
#include "blob.h"
#include "value.h"

#include <string.h>
#include <linux/filter.h>
#include <linux/netfilter/xt_bpf.h>

enum { BYTECODE, PINNED };

#define NO_PROGRAMS "nftables runs no BPF programs"

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

/* "4,48 0 0 9,21 0 1 6,6 0 0 1,6 0 0 0": how many, then code, jt, jf and k of each. */
static bool parse_bytecode(struct ext_parse *p, struct arg *out)
{
	struct program *prog = ARENA_NEW(p->rs->arena, struct program);
	const char *s = p->word->s, *end = s + p->word->len;
	uint64_t n;

	if (!number(&s, end, &n) || !(n &= UINT16_MAX) || n > XT_BPF_MAX_NUM_INSTR || s == end || *s++ != ',')
		return ext_value_error(p, "a program begins with its length, 1 to %d",
				       XT_BPF_MAX_NUM_INSTR);
	for (; s < end; prog->n++) {
		if (prog->n == n)
			return ext_value_error(p, "the program is longer than it says");
		if (!instruction(&s, end, &prog->code[prog->n]))
			return ext_value_error(p, "error in instruction %u", prog->n);
	}
	out->custom = prog;
	return prog->n == n || ext_value_error(p, "the program is shorter than it says");
}

static const struct ext_option options[] = {
	{ .name = "bytecode", .id = BYTECODE, .type = ARG_CUSTOM, .flags = OPT_REQUIRED,
	  .excl = 1u << PINNED,
	  .parse = parse_bytecode, .metavar = "program",
	  .help = "classic BPF: length,code jt jf k,…",
	  .support = COMPAT, .note = NO_PROGRAMS },
	{ .name = "object-pinned", .id = PINNED, .type = ARG_STRING, .flags = OPT_REQUIRED | OPT_CUT,
	  .excl = 1u << BYTECODE, .max = XT_BPF_PATH_MAX - 1, .metavar = "path",
	  .help = "program pinned in the BPF file system", .support = COMPAT, .note = NO_PROGRAMS },
	{ .name = NULL },
};

static void lower(struct lower *l, const struct ext_use *u)
{
	lower_refuse(l, u, u->args[0].at, NULL, "bpf: " NO_PROGRAMS);
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
	.help = "a BPF program (no form in nftables)",
};
